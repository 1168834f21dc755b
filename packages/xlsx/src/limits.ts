/** The bounds that keep a hostile workbook from costing more than an honest one. Every member is inclusive. */
export interface XlsxLimits {
  /** Bytes of what one reading of the workbook inflates: its sheets, strings and small parts. Default 1 GiB. */
  readonly maxInflatedBytes: number;
  /**
   * Inflated bytes in all readings together that each byte of the file pays for, beyond `maxInflatedBytes`: a small
   * file that inflates to much is read once, a large one as often as is needed. Default 64.
   */
  readonly inflatedBytesPerByte: number;
  /** Entries of the zip. Default 2,000. */
  readonly maxEntries: number;
  /** Bytes of a small part (workbook, relationships, styles) when inflated. Default 32 MiB. */
  readonly maxSmallPartBytes: number;
  /** Rows that exist, in all sheets that are read. Default 1,050,000. */
  readonly maxRows: number;
  /** Columns; cells further right are ignored. Default 256. */
  readonly maxColumns: number;
  /** UTF-16 units of a cell: the format's own limit. Default 32,767. */
  readonly maxCellChars: number;
  /** Bytes of one row's or one string's XML, and of what a part holds between two tags. Default 4 MiB. */
  readonly maxElementBytes: number;
  /** UTF-8 bytes of all shared strings. Default 256 MiB. */
  readonly maxSharedStringBytes: number;
  /** Number of shared strings. Default 12,000,000. */
  readonly maxSharedStrings: number;
  /** Merged ranges of a sheet. Default 500,000. */
  readonly maxMergedRanges: number;
}

const MIB = 1_048_576;

export const DEFAULT_LIMITS: XlsxLimits = {
  maxInflatedBytes: 1024 * MIB,
  inflatedBytesPerByte: 64,
  maxEntries: 2_000,
  maxSmallPartBytes: 32 * MIB,
  maxRows: 1_050_000,
  maxColumns: 256,
  maxCellChars: 32_767,
  maxElementBytes: 4 * MIB,
  maxSharedStringBytes: 256 * MIB,
  maxSharedStrings: 12_000_000,
  maxMergedRanges: 500_000,
};
