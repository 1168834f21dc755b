import { setImmediate } from "node:timers/promises";
import type { MergedRanges } from "./merged-ranges.ts";
import { DEFAULT_LIMITS, type XlsxLimits } from "./limits.ts";
import { readSharedStrings, type SharedStrings } from "./shared-strings.ts";
import type { ColumnRange } from "./plain-row.ts";
import { SheetReader, type Row } from "./sheet-reader.ts";
import { readWorkbookParts, type SheetPart, type WorkbookParts } from "./small-parts.ts";
import { utf8Parts } from "./xml-stream.ts";
import { asXlsxError, XlsxError } from "./xlsx-error.ts";
import { openZip, type ZipParts } from "./zip-parts.ts";

/** A batch is given out when it has this many rows, so that a slow taker holds few. */
const BATCH_ROWS = 500;
const ALL_COLUMNS: ColumnRange = { from: 0, to: Number.POSITIVE_INFINITY };

export interface OpenOptions {
  /** Departures from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<XlsxLimits>;
  /** Ends reading: what is under way rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A worksheet of an open workbook. */
export interface Sheet {
  readonly name: string;
  /** Hidden or very hidden: a person who opens the file does not see it. */
  readonly hidden: boolean;
  /** Bytes of its XML: what share of the work it is. */
  readonly bytes: number;
}

/**
 * An open .xlsx: its sheets in order, and their rows as a stream. Holds the shared strings and one row's XML at most.
 */
export class Workbook {
  readonly sheets: readonly Sheet[];
  readonly #zip: ZipParts;
  readonly #parts: WorkbookParts;
  readonly #strings: SharedStrings | null;
  readonly #limits: XlsxLimits;
  readonly #partOfSheet: ReadonlyMap<Sheet, SheetPart>;
  /** Rows seen per sheet; reading a sheet again begins its count anew. */
  readonly #rowsOf = new Map<Sheet, number>();
  readonly #merged = new Map<Sheet, MergedRanges>();
  #bytesRead = 0;

  /** Not for callers: use {@link openWorkbook}. */
  constructor(options: {
    zip: ZipParts;
    parts: WorkbookParts;
    strings: SharedStrings | null;
    limits: XlsxLimits;
  }) {
    this.#zip = options.zip;
    this.#parts = options.parts;
    this.#strings = options.strings;
    this.#limits = options.limits;
    this.#partOfSheet = new Map(
      options.parts.sheets.map((part) => [
        { name: part.name, hidden: part.hidden, bytes: options.zip.sizeBytes(part.part) },
        part,
      ]),
    );
    this.sheets = [...this.#partOfSheet.keys()];
  }

  /** Size of the file. */
  get fileBytes(): number {
    return this.#zip.fileBytes;
  }

  /** Bytes of sheets read so far, to be held against the sum of {@link Sheet.bytes}. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * The rows of one sheet that exist in the file, in its order, in batches of 1–500 or so; gives way to the event
   * loop between batches. Blank rows appear if the file has them.
   * @param range which columns (from 0, both inclusive) to read, asked for each row; cells outside stay null and cost
   * little. Default: all.
   * @throws {unreadable | too_large}
   */
  async *rows(
    sheet: Sheet,
    range: () => ColumnRange = () => ALL_COLUMNS,
  ): AsyncGenerator<Row[], void, undefined> {
    const part = this.#partOfSheet.get(sheet);
    if (part === undefined) throw new TypeError("a sheet of another workbook");
    const reader = new SheetReader({ ...this.#limits, ...this.#parts, strings: this.#strings, range });
    let batch: Row[] = [];
    this.#rowsOf.set(sheet, 0);
    try {
      for await (const bytes of utf8Parts(this.#counted(part.part))) {
        for (const row of reader.push(bytes)) batch.push(row);
        if (batch.length >= BATCH_ROWS) {
          yield this.#bounded(sheet, batch);
          batch = [];
          await setImmediate();
        }
      }
      for (const row of reader.finish()) batch.push(row);
      this.#merged.set(sheet, reader.merged);
    } catch (error) {
      throw asXlsxError(error, `sheet ${sheet.name}`);
    }
    if (batch.length > 0) yield this.#bounded(sheet, batch);
  }

  /**
   * A sheet's merged ranges. They stand behind its rows: null until {@link Workbook.rows} has come to its end once.
   */
  mergedRanges(sheet: Sheet): MergedRanges | null {
    return this.#merged.get(sheet) ?? null;
  }

  async *#counted(part: string): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#zip.read(part)) {
      this.#bytesRead += chunk.length;
      yield chunk;
    }
  }

  #bounded(sheet: Sheet, batch: Row[]): Row[] {
    this.#rowsOf.set(sheet, (this.#rowsOf.get(sheet) ?? 0) + batch.length);
    let rows = 0;
    for (const count of this.#rowsOf.values()) rows += count;
    if (rows > this.#limits.maxRows)
      throw new XlsxError("too_large", `more than ${this.#limits.maxRows} rows`);
    return batch;
  }

  /** A second close does nothing. */
  close(): void {
    this.#zip.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens an .xlsx and reads what its sheets refer to. Whoever opens it closes it.
 * @throws {encrypted} for a workbook with a password.
 * @throws {unreadable} for anything else that is no .xlsx, or a damaged one.
 * @throws {too_large} beyond the limits; told from the zip's directory before a sheet is inflated, and again from
 * the bytes themselves.
 * @throws {too_complex} when reading it would take longer than a workbook of its size takes.
 *
 * @example
 * const workbook = await openWorkbook("members.xlsx");
 * for (const sheet of workbook.sheets) {
 *   for await (const rows of workbook.rows(sheet)) console.log(sheet.name, rows.length);
 * }
 * await workbook.close();
 */
export async function openWorkbook(path: string, options: OpenOptions = {}): Promise<Workbook> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const zip = await openZip(path, { limits, signal: options.signal });
  try {
    const parts = await readWorkbookParts(zip, limits.maxSmallPartBytes);
    refuseTooLarge(zip, parts, limits);
    const strings =
      parts.sharedStrings === null ? null : await readSharedStrings(zip.read(parts.sharedStrings), limits);
    return new Workbook({ zip, parts, strings, limits });
  } catch (error) {
    zip.close();
    throw asXlsxError(error, "the workbook");
  }
}

function refuseTooLarge(zip: ZipParts, { sheets, sharedStrings }: WorkbookParts, limits: XlsxLimits): void {
  const read = sheets.filter(({ hidden }) => !hidden).map(({ part }) => part);
  if (new Set(read).size < read.length) throw new XlsxError("too_complex", "sheets share a part");
  if (sharedStrings !== null) read.push(sharedStrings);
  const bytes = read.reduce((sum, part) => sum + zip.sizeBytes(part), 0);
  if (bytes > limits.maxInflatedBytes) throw new XlsxError("too_large", `${bytes} bytes when inflated`);
}
