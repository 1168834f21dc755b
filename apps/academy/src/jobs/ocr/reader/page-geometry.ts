import { asSharp, toGrey, type GreyPicture } from "./grey-picture.ts";

/** How the lines of a page lie, told by its ink alone. */
export interface PageGeometry {
  /** Lines run up and down: the page lies on its side. */
  readonly isSideways: boolean;
  /** Degrees clockwise that straighten it, after a quarter turn if it lies on its side. */
  readonly skew: number;
  /** Height of a line's ink, pixels of the picture; null where no lines were found. */
  readonly lineHeight: number | null;
}

/** Lines are seen as well in a small picture, pixels of its long side. */
const LOOKED_AT_PIXELS = 1_200;
/** Nobody lays a sheet down more crookedly than this, degrees. */
const MAX_SKEW = 10;
const COARSE_DEGREES = 0.5;
const FINE_DEGREES = 0.1;
/** As many points of ink tell the angle as well as all; which way the lines run, all of them tell better. */
const MAX_POINTS = 20_000;
/** Fewer are no text, but dust. */
const MIN_POINTS = 200;
/** How much clearer lines across must be than lines along, until a page is taken to lie on its side. */
const SIDEWAYS_RATIO = 1.15;
/** Of all changes from row to row this share counts as it is; what is sharper counts as the sharpest of these. */
const EVEN_SHARE = 0.9;

/** Looks how the lines of a page lie. */
export async function pageGeometry(picture: GreyPicture): Promise<PageGeometry> {
  const shrink = Math.min(1, LOOKED_AT_PIXELS / Math.max(picture.width, picture.height));
  const small =
    shrink === 1
      ? picture
      : await toGrey(asSharp(picture).resize({ width: Math.max(1, Math.round(picture.width * shrink)) }));
  const ink = inkPoints(small);
  if (ink.xs.length < MIN_POINTS) return { isSideways: false, skew: 0, lineHeight: null };
  const along = clearest(ink);
  // A quarter turn clockwise takes x to the row and y, from the bottom, to the column.
  const across = clearest({ xs: ink.ys.map((y) => small.height - 1 - y), ys: ink.xs });
  const isSideways = evenClarity(across.rows) > evenClarity(along.rows) * SIDEWAYS_RATIO;
  const { degrees, rows } = isSideways ? across : along;
  const height = medianLineHeight(rows);
  return { isSideways, skew: -degrees, lineHeight: height === null ? null : height / shrink };
}

/** All ink by rows, at the angle that some of it tells. */
function clearest(ink: Points): Angle {
  const some = thinned(ink);
  return angleAt(ink.xs, ink.ys, bestAngle(some.xs, some.ys).degrees);
}

interface Points {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

function inkPoints({ width, height, data }: GreyPicture): Points {
  const threshold = inkThreshold(data);
  let count = 0;
  for (const grey of data) if (grey < threshold) count += 1;
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  let seen = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((data[y * width + x] ?? 255) >= threshold) continue;
      xs[seen] = x;
      ys[seen] = y;
      seen += 1;
    }
  }
  return { xs, ys };
}

function thinned({ xs, ys }: Points): Points {
  const every = Math.ceil(xs.length / MAX_POINTS);
  const isKept = (_: number, index: number): boolean => index % every === 0;
  return every <= 1 ? { xs, ys } : { xs: xs.filter(isKept), ys: ys.filter(isKept) };
}

/** Otsu's threshold: the grey that parts ink from paper best. */
export function inkThreshold(data: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const grey of data) counts[grey] = (counts[grey] ?? 0) + 1;
  const total = data.length;
  const sum = counts.reduce((all, count, grey) => all + count * grey, 0);
  let below = 0;
  let sumBelow = 0;
  let best = { threshold: 128, variance: 0 };
  for (let grey = 0; grey < 256; grey++) {
    below += counts[grey] ?? 0;
    sumBelow += grey * (counts[grey] ?? 0);
    if (below === 0 || below === total) continue;
    const apart = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * apart * apart;
    if (variance > best.variance) best = { threshold: grey + 1, variance };
  }
  return best.threshold;
}

interface Angle {
  /** How much the lines fall to the right. */
  readonly degrees: number;
  /** How sharply rows of ink and rows of paper change at it. */
  readonly clarity: number;
  /** Ink per row at it. */
  readonly rows: Float64Array;
}

function bestAngle(xs: Float64Array, ys: Float64Array): Angle {
  let best = angleAt(xs, ys, 0);
  const level = best;
  for (let degrees = -MAX_SKEW; degrees <= MAX_SKEW; degrees += COARSE_DEGREES) {
    const angle = angleAt(xs, ys, degrees);
    if (angle.clarity > best.clarity) best = angle;
  }
  const coarse = best.degrees;
  for (let step = -5; step <= 5; step++) {
    const angle = angleAt(xs, ys, coarse + step * FINE_DEGREES);
    if (angle.clarity > best.clarity) best = angle;
  }
  return best.clarity > level.clarity * 1.02 ? best : level;
}

function angleAt(xs: Float64Array, ys: Float64Array, degrees: number): Angle {
  const slope = Math.tan((degrees * Math.PI) / 180);
  const cosine = Math.cos((degrees * Math.PI) / 180);
  let lowest = Infinity;
  let highest = -Infinity;
  const places = new Float64Array(xs.length);
  for (let i = 0; i < xs.length; i++) {
    const place = ((ys[i] ?? 0) - (xs[i] ?? 0) * slope) * cosine;
    places[i] = place;
    if (place < lowest) lowest = place;
    if (place > highest) highest = place;
  }
  const rows = new Float64Array(Math.ceil(highest - lowest) + 2);
  for (const place of places) {
    const row = Math.floor(place - lowest);
    rows[row] = (rows[row] ?? 0) + 1;
  }
  let clarity = 0;
  for (let row = 1; row < rows.length; row++) clarity += ((rows[row] ?? 0) - (rows[row - 1] ?? 0)) ** 2;
  return { degrees, clarity, rows };
}

/**
 * How sharply rows of ink and of paper change, no single change counting for much: the margin where all lines begin is
 * the sharpest edge of a page, and tells nothing.
 */
function evenClarity(rows: Float64Array): number {
  const changes: number[] = [];
  for (let row = 1; row < rows.length; row++) {
    const change = Math.abs((rows[row] ?? 0) - (rows[row - 1] ?? 0));
    if (change > 0) changes.push(change);
  }
  changes.sort((a, b) => a - b);
  const most = changes[Math.floor(changes.length * EVEN_SHARE)] ?? 0;
  return changes.reduce((sum, change) => sum + Math.min(change, most) ** 2, 0);
}

/** Runs of rows with ink are lines; blots and pictures are the few that differ. */
function medianLineHeight(rows: Float64Array): number | null {
  const inked = rows.filter((ink) => ink > 0);
  const mean = inked.reduce((sum, ink) => sum + ink, 0) / Math.max(1, inked.length);
  const heights: number[] = [];
  let run = 0;
  for (const ink of [...rows, 0]) {
    if (ink > mean * 0.2) run += 1;
    else {
      if (run >= 3) heights.push(run);
      run = 0;
    }
  }
  heights.sort((a, b) => a - b);
  return heights[Math.floor(heights.length / 2)] ?? null;
}
