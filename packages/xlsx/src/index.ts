/**
 * A bounded, streaming reader of .xlsx: rows of typed values out of a file that may be hostile.
 * Imports Node and saxes (XML), no package of the product.
 * Data comes from a file's path and goes out as batches of rows; memory is bounded by limits, not by the file.
 * What is refused is an XlsxError with one of four codes. It is meant to run in a process of its own.
 */
export { openWorkbook, Workbook, type OpenOptions, type Sheet } from "./workbook.ts";
export { DEFAULT_LIMITS, type XlsxLimits } from "./limits.ts";
export { XlsxError, type XlsxErrorCode } from "./xlsx-error.ts";
export type { ColumnRange } from "./plain-row.ts";
export type { Row } from "./sheet-reader.ts";
export type { MergedRange, MergedRanges } from "./merged-ranges.ts";
export type { CellDate, CellError, CellNumber, CellUncalculated, CellValue } from "./cell-value.ts";
