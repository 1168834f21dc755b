/** What one document may be, and what its reading may take. */
export const OCR_LIMITS = {
  /** Pages of a PDF or TIFF. */
  maxPages: 1_000,
  /** The file. All of a PDF is in memory while it is read. */
  maxFileBytes: 256 * 1_048_576,
  /** Pixels of one picture, as its header tells: looked at before anything is unpacked. */
  maxPixels: 100_000_000,
  /** Memory that the reading process and each program it starts may fill, bytes. */
  memoryBytes: 2 * 1_024 ** 3,
  /** Seconds that one page may take until the page is given up. */
  pageSeconds: 120,
  /** Seconds without any word of the reading process until it is ended. */
  silentSeconds: 300,
  /** Seconds that the whole document may take, by the clock and of processor time. */
  documentSeconds: 4 * 3_600,
  /** The largest file that it may write, bytes. */
  outputBytes: 2 * 1_024 ** 3,
} as const;

/** Below this mean confidence (0–100) a page counts as not reliably read: the outcome is `partial` and names it. */
export const LOW_CONFIDENCE = 60;
