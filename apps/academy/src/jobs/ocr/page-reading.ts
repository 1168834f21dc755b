/** Where something stands in a page's picture, in its pixels. */
export type Box = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** A line of a page. */
export type Line = {
  readonly text: string;
  /** Null where whoever read it does not tell. */
  readonly box: Box | null;
  /** 0–100; null where it was not recognised but taken as it is, or whoever read it does not tell. */
  readonly confidence: number | null;
};

/** Who read a page: the text that the file itself holds, character recognition, or an AI endpoint. */
export type PageSource = "text" | "ocr" | "ai";

/** Why a page has no text, or none to rely on. */
export type PageProblem = "low_confidence" | "unreadable" | "too_slow" | "ai_failed" | "ai_cut" | "ai_budget";

/** How a page was turned before it was read: its picture is made the same way again. */
export type PageTurn = {
  /** Quarter turns clockwise, degrees. */
  readonly quarter: 0 | 90 | 180 | 270;
  /** What was left after that, degrees clockwise. */
  readonly skew: number;
};

/** What an AI endpoint counted. */
export type Tokens = { readonly input: number; readonly output: number };

/** What was read of one page. */
export type PageReading = {
  /** From 1. */
  readonly page: number;
  readonly source: PageSource;
  /** The picture's size in pixels; boxes are within it. */
  readonly width: number;
  readonly height: number;
  readonly turn: PageTurn;
  /** `ko`, `en`, or null where there is no text to tell. */
  readonly language: "ko" | "en" | null;
  /** 0–100, the mean of its lines by their length; null where nothing was recognised. */
  readonly confidence: number | null;
  readonly lines: readonly Line[];
  readonly problem: PageProblem | null;
  /** Of the AI endpoint that read it, or tried to; null where none was asked. */
  readonly tokens: Tokens | null;
};

/** The text of a page, a line each, composed (NFC) as people type it. */
export function textOf({ lines }: Pick<PageReading, "lines">): string {
  return lines.map(({ text }) => text).join("\n");
}

/** The mean of confidences by the length of what they are told of; null where none is told. */
export function meanConfidence(
  parts: readonly { readonly text: string; readonly confidence: number | null }[],
): number | null {
  let sum = 0;
  let letters = 0;
  for (const { text, confidence } of parts) {
    if (confidence === null) continue;
    sum += confidence * text.length;
    letters += text.length;
  }
  return letters === 0 ? null : Math.round((sum / letters) * 10) / 10;
}

/** The language that most letters of a text belong to; null where it has none. */
export function languageOf(text: string): "ko" | "en" | null {
  const hangul = text.match(/\p{Script=Hangul}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  if (hangul + latin === 0) return null;
  return hangul * 4 >= latin ? "ko" : "en"; // a syllable is worth several letters
}
