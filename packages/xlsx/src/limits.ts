/** The bounds that keep a hostile workbook from costing more than an honest one. Every member is inclusive. */
export interface XlsxLimits {
  /** Bytes of all parts together when inflated. Default 1 GiB. */
  readonly maxInflatedBytes: number;
  /** Inflated bytes per byte of the file; looked at above 1 MiB inflated. Default 200. */
  readonly maxRatio: number;
  /** Entries of the zip. Default 2,000. */
  readonly maxEntries: number;
  /** Bytes of a small part (workbook, relationships, styles) when inflated. Default 32 MiB. */
  readonly maxSmallPartBytes: number;
  /** Rows that exist, in all sheets that are read. Default 1,050,000. */
  readonly maxRows: number;
  /** Columns; cells further right are ignored. Default 256. */
  readonly maxColumns: number;
  /** UTF-16 units of a cell: Excel's own limit. Default 32,767. */
  readonly maxCellChars: number;
  /** UTF-16 units of one row's XML. Default 4 Mi. */
  readonly maxRowXmlChars: number;
  /** UTF-8 bytes of all shared strings. Default 256 MiB. */
  readonly maxSharedStringBytes: number;
  /** Number of shared strings. Default 12,000,000. */
  readonly maxSharedStrings: number;
}

const MIB = 1_048_576;

export const DEFAULT_LIMITS: XlsxLimits = {
  maxInflatedBytes: 1024 * MIB,
  maxRatio: 200,
  maxEntries: 2_000,
  maxSmallPartBytes: 32 * MIB,
  maxRows: 1_050_000,
  maxColumns: 256,
  maxCellChars: 32_767,
  maxRowXmlChars: 4 * MIB,
  maxSharedStringBytes: 256 * MIB,
  maxSharedStrings: 12_000_000,
};

/** Below this many inflated bytes a high ratio is harmless: a sheet of blank formatted rows reaches it honestly. */
export const RATIO_FLOOR_BYTES = MIB;
