import type { Box } from "../page-reading.ts";
import type { GreyPicture } from "./grey-picture.ts";

/** A model: Hangul with Latin letters and digits, or Latin alone. */
export type Model = "kor" | "eng";

/** What an engine is told of a picture: text below text, one block of even lines, or a single line. */
export type Layout = "page" | "block" | "line";

export interface EngineLine {
  readonly text: string;
  readonly box: Box;
  /** 0–100. */
  readonly confidence: number;
}

/** Character recognition. One is opened for one document, so nothing of a document is there for the next. */
export interface Engine {
  /**
   * The lines of each picture.
   * @throws {PageTooSlow} when it took longer than a page may.
   */
  read(pictures: readonly GreyPicture[], options: ReadOptions): Promise<readonly (readonly EngineLine[])[]>;
}

export interface ReadOptions {
  readonly model: Model;
  readonly layout: Layout;
  /** Called when a process of its own reads: there is time for other work. Never where the engine runs in this one. */
  readonly onStarted?: () => void;
}

/** A page took longer than one may. */
export class PageTooSlow extends Error {
  override readonly name = "PageTooSlow";
}

/** Tesseract's numbers of its page layouts. */
export const LAYOUT_NUMBERS: Readonly<Record<Layout, number>> = { page: 4, block: 6, line: 7 };

/** A picture in the plainest form that tesseract reads: PGM. */
export function asPgm({ width, height, data }: GreyPicture): Buffer {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data]);
}
