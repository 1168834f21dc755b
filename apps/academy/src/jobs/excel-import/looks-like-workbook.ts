import type { KnownError } from "@statusplane/core";
import { IMPORT_ERRORS } from "./import-errors.ts";

/** Local file header of a zip: an .xlsx begins so. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** What some programs put before it: the marks of a zip that was to have several volumes, and has one (APPNOTE 8.5.3). */
const SPANNED_ZIP = [0x50, 0x4b, 0x07, 0x08];
const SINGLE_ZIP = [0x50, 0x4b, 0x30, 0x30];
/** OLE compound file: a workbook with a password (or an .xls); the job says which. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0];

/**
 * A cheap look at a file's first bytes, for the submit: the error to refuse it with, or null when it may be a workbook.
 * Whether it is one, the reader says later.
 */
export function looksLikeWorkbook(firstBytes: Uint8Array): KnownError | null {
  if (firstBytes.length === 0) return "file_empty";
  const fits = [ZIP, SPANNED_ZIP, SINGLE_ZIP, COMPOUND_FILE].some((magic) =>
    magic.every((byte, index) => firstBytes[index] === byte),
  );
  return fits ? null : IMPORT_ERRORS.not_a_workbook;
}
