import type { ReadingFailure } from "./ocr-errors.ts";
import type { PageReading, PageTurn } from "./page-reading.ts";

/*
 * What the reading process is told, as its one argument, and what it says, as one line of JSON each on its standard
 * output: `opened` → (`progress`* → `page`)* → `done`; or `failed` at any time.
 */

/** A page that an earlier attempt has read: only its picture is made again. */
export interface DonePage {
  readonly page: number;
  readonly turn: PageTurn;
}

export interface ReadOrder {
  readonly path: string;
  /** The attempt's own folder: pictures go there as `page-N.jpg`. */
  readonly folder: string;
  /** A tesseract program, or null: the one that came with us is used, which needs nothing installed. */
  readonly tesseract: string | null;
  /** Debian's converter of HEIC pictures, or null where it is not installed. */
  readonly heifConvert: string | null;
  /** Pages without text of their own are recognised; else only their pictures are made, for somebody else to read. */
  readonly recognises: boolean;
  readonly done: readonly DonePage[];
}

export type ReaderMessage =
  | { readonly type: "opened"; readonly pages: number }
  /** How far the page under way is, 0–100. */
  | { readonly type: "progress"; readonly page: number; readonly percent: number }
  /** `pictured`: somebody else has to read the picture. `again`: an earlier attempt has read it. */
  | {
      readonly type: "page";
      readonly reading: PageReading;
      readonly needs: "nothing" | "reader";
    }
  | { readonly type: "again"; readonly page: number }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly code: ReadingFailure; readonly detail: string };

/** The name of a page's picture in the attempt's folder. */
export const pictureName = (page: number): string => `page-${page}.jpg`;
/** The name of what was read of a page, in the attempt's folder. */
export const readingName = (page: number): string => `page-${page}.json`;
