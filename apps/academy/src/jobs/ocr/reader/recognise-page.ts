import { languageOf, meanConfidence, type PageTurn } from "../page-reading.ts";
import type { Engine, EngineLine, Model } from "./engine.ts";
import { cropped, turned, type GreyPicture } from "./grey-picture.ts";
import type { LaidPage } from "./lay-page.ts";
import { withoutOverlaid } from "./overlaid-lines.ts";

/** What recognition made of a page's picture. */
export interface RecognisedPage {
  readonly turn: PageTurn;
  /** The picture as it was read: boxes are within it. */
  readonly picture: GreyPicture;
  readonly lines: readonly EngineLine[];
}

/** A sample read with less is not upright text, or none of this model's. */
const SURE = 75;
/** A sample read with this much leaves no question. */
const CERTAIN = 85;
/** Text of the other script is read with less, whatever the picture. */
const HOPELESS = 50;
/** Rows of text that are tried to tell the turn. */
const SAMPLE_LINES = 2;
/** A sample is Korean of which so much is Hangul: of Latin text, that model makes mostly digits and marks. */
const KOREAN_SHARE = 0.5;
/** As much of their width; the whole would take as long as a fifth of a page. */
const SAMPLE_WIDTH = 0.6;
/** A line read with less is tried with the other model too. */
const DOUBTFUL = 70;
/** The model that is tried first: it makes nothing of Latin text, while the other makes something of anything. */
const FIRST: Model = "kor";
const QUARTERS = [0, 90, 180, 270] as const;
/** How else a page may lie than its lines tell, the likeliest first: upside down, degrees. */
const MORE_TURNS = [180, 90, 270] as const;
const OTHER: Readonly<Record<Model, Model>> = { kor: "eng", eng: "kor" };

export interface RecogniseOptions {
  /** The model that read the page before, null for the first. */
  readonly hint: Model | null;
  readonly onProgress: (percent: number) => void;
  /** Called while a process of its own reads this picture as a whole: there is time for other work. */
  readonly onReading: (picture: GreyPicture) => void;
}

/** Finds out which model reads a page, and how else it lies where that one reads nothing, and reads it. */
export async function recognisePage(
  engine: Engine,
  laid: LaidPage,
  { hint, onProgress, onReading }: RecogniseOptions,
): Promise<RecognisedPage> {
  const { turn, picture, lineHeight } = laid;
  const reader: PageReader = { engine, onReading };
  onProgress(20);
  const { lines, ...choice } =
    lineHeight === null
      ? await readAll(reader, { turn, picture, model: hint ?? FIRST }) // a few words at most
      : await readUpright(reader, { ...laid, lineHeight }, hint);
  onProgress(85);
  return {
    ...{ turn: choice.turn, picture: choice.picture },
    lines: await mendedLines(engine, { ...choice, lines: withoutOverlaid(lines.filter(isText)) }),
  };
}

interface PageReader extends Pick<RecogniseOptions, "onReading"> {
  readonly engine: Engine;
}

interface WholeReading extends Choice {
  readonly lines: readonly EngineLine[];
}

async function readAll({ engine, onReading }: PageReader, choice: Choice): Promise<WholeReading> {
  const { picture, model } = choice;
  const onStarted = (): void => onReading(picture);
  const [lines = []] = await engine.read([picture], { model, layout: "page", onStarted });
  return { ...choice, lines };
}

/**
 * Most pages lie upright and are written as the one before: the likeliest reading is tried first, and only where it is in
 * doubt all are compared.
 */
async function readUpright(
  reader: PageReader,
  candidate: Candidate,
  hint: Model | null,
): Promise<WholeReading> {
  const { engine } = reader;
  const { turn, picture, lineHeight, scale } = candidate;
  const model = hint ?? (await likeliestModel(engine, picture, lineHeight * scale));
  const likely = await readAll(reader, { turn, picture, model });
  if ((meanConfidence(likely.lines) ?? 0) >= CERTAIN) return likely;
  const best = await chooseReading(engine, candidate);
  const isSame = best.model === model && best.turn.quarter === turn.quarter;
  return isSame ? likely : readAll(reader, best);
}

async function likeliestModel(engine: Engine, picture: GreyPicture, lineHeight: number): Promise<Model> {
  const sample = densestRows(picture, lineHeight, 1);
  const { confidence, hangul } = await readSample(engine, sample, FIRST);
  if (confidence >= SURE || hangul >= KOREAN_SHARE) return FIRST; // the whole page will tell
  if (confidence < HOPELESS) return OTHER[FIRST];
  return (await readSample(engine, sample, OTHER[FIRST])).confidence > confidence ? OTHER[FIRST] : FIRST;
}

interface Choice {
  readonly turn: PageTurn;
  readonly picture: GreyPicture;
  readonly model: Model;
}

interface Candidate extends LaidPage {
  readonly lineHeight: number;
}

/** Reads a few lines by each model, and turned otherwise where neither is sure: the surest reading tells. */
async function chooseReading(engine: Engine, candidate: Candidate): Promise<Choice> {
  const { page, picture, turn, scale, lineHeight } = candidate;
  const upright = await surest(engine, picture, lineHeight * scale);
  let best = { choice: { turn, picture, model: upright.model }, confidence: upright.confidence };
  for (const more of MORE_TURNS) {
    if (best.confidence >= SURE) break;
    const otherTurn: PageTurn = { quarter: QUARTERS[((turn.quarter + more) / 90) % 4] ?? 0, skew: turn.skew };
    const other = await turned(page, otherTurn, scale);
    const { model, confidence } = await surest(engine, other, lineHeight * scale);
    if (confidence > best.confidence)
      best = { choice: { turn: otherTurn, picture: other, model }, confidence };
  }
  return best.choice;
}

interface Sampled {
  readonly model: Model;
  readonly confidence: number;
  /** The share of its letters and marks that is Hangul, 0–1. */
  readonly hangul: number;
}

async function surest(engine: Engine, picture: GreyPicture, lineHeight: number): Promise<Sampled> {
  const sample = densestRows(picture, lineHeight);
  const first = await readSample(engine, sample, FIRST);
  if (first.confidence >= CERTAIN) return first; // the other model makes nothing of it
  const second = await readSample(engine, sample, OTHER[FIRST]);
  return second.confidence > first.confidence ? second : first;
}

async function readSample(engine: Engine, sample: GreyPicture, model: Model): Promise<Sampled> {
  const [lines = []] = await engine.read([sample], { model, layout: "block" });
  const signs = lines.map(({ text }) => text.replaceAll(/\s/g, "")).join("");
  const hangul = (signs.match(/[가-힣]/gu)?.length ?? 0) / Math.max(1, signs.length);
  return { model, confidence: meanConfidence(lines) ?? 0, hangul };
}

/** The rows of a page that hold most ink, with room for a few lines. */
function densestRows(picture: GreyPicture, lineHeight: number, lines = SAMPLE_LINES): GreyPicture {
  const { width, height, data } = picture;
  const rows = Math.round(Math.max(lineHeight, 20) * 2 * lines);
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
  const x = Math.round((width * (1 - SAMPLE_WIDTH)) / 3); // what is left of it is more often margin
  return cropped(picture, { x, y: best.top, width: Math.round(width * SAMPLE_WIDTH), height: rows });
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
