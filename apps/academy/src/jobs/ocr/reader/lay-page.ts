import type { PageTurn } from "../page-reading.ts";
import { turned, type GreyPicture } from "./grey-picture.ts";
import { pageGeometry } from "./page-geometry.ts";

/** A page that lies upright, or upside down, and straight, its letters large enough to be read. */
export interface LaidPage {
  /** As it was. */
  readonly page: GreyPicture;
  /** As it lies now. */
  readonly picture: GreyPicture;
  readonly turn: PageTurn;
  /** How much larger it has become. */
  readonly scale: number;
  /** In the page as it was, pixels; null where no lines were found. */
  readonly lineHeight: number | null;
}

/** Lines of this height are read best: the models were trained on them, pixels. */
const READ_LINE_HEIGHT = 36;
/** Lines below this are raised. */
const SMALL_LINE_HEIGHT = 27;
const MAX_RAISE = 4;
/** A raised picture is at most so large, pixels. */
const MAX_RAISED_PIXELS = 40_000_000;

/** Turns a page by what its ink tells, straightens it, and raises it where its letters are small. */
export async function layPage(page: GreyPicture): Promise<LaidPage> {
  const { isSideways, skew, lineHeight } = await pageGeometry(page);
  const scale = raiseOf(page, lineHeight);
  const turn: PageTurn = { quarter: isSideways ? 90 : 0, skew };
  return { page, picture: await turned(page, turn, scale), turn, scale, lineHeight };
}

function raiseOf({ width, height }: GreyPicture, lineHeight: number | null): number {
  if (lineHeight === null || lineHeight >= SMALL_LINE_HEIGHT) return 1;
  const room = Math.sqrt(MAX_RAISED_PIXELS / (width * height));
  return Math.max(1, Math.min(READ_LINE_HEIGHT / lineHeight, MAX_RAISE, room));
}
