import { languageOf, meanConfidence, type PageTurn } from "../page-reading.ts";
import type { Engine, EngineLine, Model } from "./engine.ts";
import { cropped, turned, type GreyPicture } from "./grey-picture.ts";
import { pageGeometry } from "./page-geometry.ts";

/** What recognition made of a page's picture. */
export interface RecognisedPage {
  readonly turn: PageTurn;
  /** The picture as it was read: boxes are within it. */
  readonly picture: GreyPicture;
  readonly lines: readonly EngineLine[];
}

/** Lines of this height are read best: the models were trained on them, pixels. */
const READ_LINE_HEIGHT = 36;
/** Lines below this are raised. */
const SMALL_LINE_HEIGHT = 27;
const MAX_RAISE = 4;
/** A raised picture is at most so large, pixels. */
const MAX_RAISED_PIXELS = 40_000_000;
/** A sample read with less is not upright text, or none of this model's. */
const SURE = 75;
/** A sample read with this much leaves no question. */
const CERTAIN = 85;
/** Rows of text that are tried to tell model and turn. */
const SAMPLE_LINES = 3;
/** A line read with less is tried with the other model too. */
const DOUBTFUL = 70;
const OTHER: Readonly<Record<Model, Model>> = { kor: "eng", eng: "kor" };

/**
 * Turns a page upright and straight, raises it where its letters are small, finds out which model reads it, and reads it.
 * @param hint the model that read the page before.
 */
export async function recognisePage(
  engine: Engine,
  page: GreyPicture,
  { hint, onProgress }: { readonly hint: Model; readonly onProgress: (percent: number) => void },
): Promise<RecognisedPage> {
  const { isSideways, skew, lineHeight } = await pageGeometry(page);
  const scale = raiseOf(page, lineHeight);
  onProgress(10);
  const first: PageTurn = { quarter: isSideways ? 90 : 0, skew };
  const picture = await turned(page, first, scale);
  onProgress(20);
  const chosen = await chooseReading(engine, { page, picture, turn: first, scale, hint, lineHeight });
  onProgress(35);
  const [lines = []] = await engine.read([chosen.picture], { model: chosen.model, layout: "page" });
  onProgress(85);
  const shown = lines.filter(isText);
  return {
    ...{ turn: chosen.turn, picture: chosen.picture },
    lines: await mendedLines(engine, { lines: shown, picture: chosen.picture, model: chosen.model }),
  };
}

function raiseOf({ width, height }: GreyPicture, lineHeight: number | null): number {
  if (lineHeight === null || lineHeight >= SMALL_LINE_HEIGHT) return 1;
  const room = Math.sqrt(MAX_RAISED_PIXELS / (width * height));
  return Math.max(1, Math.min(READ_LINE_HEIGHT / lineHeight, MAX_RAISE, room));
}

interface Choice {
  readonly turn: PageTurn;
  readonly picture: GreyPicture;
  readonly model: Model;
}

interface Candidate {
  readonly page: GreyPicture;
  readonly picture: GreyPicture;
  readonly turn: PageTurn;
  readonly scale: number;
  readonly hint: Model;
  readonly lineHeight: number | null;
}

/** Reads a few lines by each model, and upside down where neither is sure: the surest reading tells. */
async function chooseReading(engine: Engine, candidate: Candidate): Promise<Choice> {
  const { page, picture, turn, scale, hint, lineHeight } = candidate;
  const upright = await surest(engine, picture, { hint, lineHeight: (lineHeight ?? 0) * scale });
  if (upright.confidence >= SURE || lineHeight === null) return { turn, picture, model: upright.model };
  let best: Choice & { readonly confidence: number } = { turn, picture, ...upright };
  const halfTurn = { quarter: ((turn.quarter + 180) % 360) as PageTurn["quarter"], skew: turn.skew };
  for (const other of [halfTurn]) {
    const over = await turned(page, other, scale);
    const read = await surest(engine, over, { hint, lineHeight: lineHeight * scale });
    if (read.confidence > best.confidence) best = { turn: other, picture: over, ...read };
  }
  return best;
}

interface Surest {
  readonly model: Model;
  readonly confidence: number;
}

async function surest(
  engine: Engine,
  picture: GreyPicture,
  { hint, lineHeight }: { readonly hint: Model; readonly lineHeight: number },
): Promise<Surest> {
  const sample = densestRows(picture, lineHeight);
  const read = async (model: Model): Promise<Surest> => {
    const [lines = []] = await engine.read([sample], { model, layout: "block" });
    return { model, confidence: meanConfidence(lines) ?? 0 };
  };
  const first = await read(hint);
  if (first.confidence >= CERTAIN) return first; // the other model makes nothing of it
  const second = await read(OTHER[hint]);
  return second.confidence > first.confidence ? second : first;
}

/** The rows of a page that hold most ink, with room for a few lines. */
function densestRows(picture: GreyPicture, lineHeight: number): GreyPicture {
  const { width, height, data } = picture;
  const rows = Math.round(Math.max(lineHeight, 20) * 2 * SAMPLE_LINES);
  if (rows >= height) return picture;
  const ink = new Float64Array(height);
  for (let y = 0; y < height; y++) {
    let dark = 0;
    for (let x = 0; x < width; x += 4) if ((data[y * width + x] ?? 255) < 128) dark += 1;
    ink[y] = Math.min(dark, width / 16); // a photograph or a rule is no text, however dark
  }
  let sum = 0;
  let best = { sum: -1, top: 0 };
  for (let y = 0; y < height; y++) {
    sum += (ink[y] ?? 0) - (y >= rows ? (ink[y - rows] ?? 0) : 0);
    if (y >= rows - 1 && sum > best.sum) best = { sum, top: y - rows + 1 };
  }
  return cropped(picture, { x: 0, y: best.top, width, height: rows });
}

/** Tesseract takes specks and rules for marks. */
function isText({ text, confidence }: EngineLine): boolean {
  return /[\p{L}\p{N}]/u.test(text) ? confidence > 15 || text.length > 8 : confidence >= 60;
}

/** Lines of the other language in between, and doubtful ones, as the model reads them that is surer of them. */
async function mendedLines(
  engine: Engine,
  {
    lines,
    picture,
    model,
  }: { readonly lines: readonly EngineLine[]; readonly picture: GreyPicture; readonly model: Model },
): Promise<readonly EngineLine[]> {
  const doubtful = lines.filter(({ text, confidence }) =>
    model === "kor" ? languageOf(text) === "en" && /\p{L}{2}/u.test(text) : confidence < DOUBTFUL,
  );
  if (doubtful.length === 0) return lines;
  const pictures = doubtful.map(({ box }) => {
    const margin = Math.round(box.height * 0.3);
    return cropped(picture, {
      x: box.x - margin,
      y: box.y - margin,
      width: box.width + 2 * margin,
      height: box.height + 2 * margin,
    });
  });
  const read = await engine.read(pictures, { model: OTHER[model], layout: "line" });
  const better = new Map<EngineLine, EngineLine>();
  for (const [index, line] of doubtful.entries()) {
    const other = read[index] ?? [];
    const confidence = meanConfidence(other) ?? 0;
    if (confidence <= line.confidence) continue;
    better.set(line, { ...line, text: other.map(({ text }) => text).join(" "), confidence });
  }
  return lines.map((line) => better.get(line) ?? line);
}
