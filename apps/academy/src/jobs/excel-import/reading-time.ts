/** How long the reading of a workbook may take. */
export interface ReadingTime {
  /** Processor seconds of its process, start included. */
  readonly processorSeconds: number;
  /** Seconds that are spent waiting for it; what its taker takes for itself does not count. */
  readonly waitedSeconds: number;
}

const MEBIBYTE = 1_048_576;
/**
 * A million rows of ten columns are a file of 57 MiB and take 18 processor seconds where this was measured: on a machine
 * three times slower they still come through. Small files cost less than a second, however they are written; four that
 * ask for more end within half a minute on two processors.
 */
const BASE: ReadingTime = { processorSeconds: 8, waitedSeconds: 20 };
const PER_MEBIBYTE: ReadingTime = { processorSeconds: 1.5, waitedSeconds: 4 };

/** The time that a file's size pays for. */
export function readingTimeOf(fileBytes: number): ReadingTime {
  const mebibytes = fileBytes / MEBIBYTE;
  return {
    processorSeconds: Math.ceil(BASE.processorSeconds + mebibytes * PER_MEBIBYTE.processorSeconds),
    waitedSeconds: BASE.waitedSeconds + mebibytes * PER_MEBIBYTE.waitedSeconds,
  };
}
