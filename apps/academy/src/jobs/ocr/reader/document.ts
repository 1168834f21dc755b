import type { ReadingFailure } from "../ocr-errors.ts";
import type { Line } from "../page-reading.ts";
import type { GreyPicture } from "./grey-picture.ts";

/** A document that is open, page by page. */
export interface OpenDocument {
  readonly pages: number;
  /** @param page from 1. @throws when this page cannot be read; others may be. */
  open(page: number): Promise<OpenPage>;
}

export interface OpenPage {
  readonly picture: GreyPicture;
  /** The text that the file itself holds, with boxes in the picture; null where the picture has to be read. */
  readonly text: readonly Line[] | null;
}

/** The whole document cannot be read, whatever is tried. */
export class ReadingRefused extends Error {
  override readonly name = "ReadingRefused";
  readonly code: ReadingFailure;

  constructor(code: ReadingFailure, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}
