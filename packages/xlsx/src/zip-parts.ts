import { open, type FileHandle } from "node:fs/promises";
import { crc32, createInflateRaw, type ZlibOptions } from "node:zlib";
import type { Readable, TransformOptions } from "node:stream";
import { openPromise, type Entry, type ZipFile } from "yauzl";
import { RATIO_FLOOR_BYTES, type XlsxLimits } from "./limits.ts";
import { asXlsxError, XlsxError } from "./xlsx-error.ts";

/** How much is inflated at once; also the size of the texts that the tokenizers get. 256 KiB is slower (measured). */
const CHUNK_BYTES = 65_536;
/** How much is inflated ahead while the taker is busy with a chunk. */
const AHEAD_BYTES = 4 * CHUNK_BYTES;
const CFB_MAGIC = Buffer.from("d0cf11e0a1b11ae1", "hex");
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

export interface ZipOptions {
  readonly limits: XlsxLimits;
  readonly signal?: AbortSignal | undefined;
}

/** The parts of a package by their name (which OPC compares without case), each read as a bounded stream. */
export class ZipParts {
  readonly #zip: ZipFile;
  readonly #signal: AbortSignal | undefined;
  readonly #entries: ReadonlyMap<string, Entry>;

  /** Not for callers: use {@link openZip}. */
  constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>, signal?: AbortSignal) {
    this.#zip = zip;
    this.#entries = entries;
    this.#signal = signal;
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  /** The part's size as the central directory says, 0 for none: {@link ZipParts.read} lets no more pass. */
  sizeBytes(name: string): number {
    return this.#entries.get(name.toLowerCase())?.uncompressedSize ?? 0;
  }

  /**
   * Inflates a part chunk by chunk; leaving the loop early closes its streams.
   * @throws {unreadable} when the part is missing, damaged, or not as long as the directory says.
   */
  async *read(name: string): AsyncGenerator<Buffer, void, undefined> {
    const entry = this.#entries.get(name.toLowerCase());
    if (entry === undefined) throw new XlsxError("unreadable", `part ${name} is missing`);
    let bytes = 0;
    let checksum = 0;
    try {
      for await (const chunk of await this.#inflate(entry)) {
        this.#signal?.throwIfAborted();
        bytes += chunk.length;
        if (bytes > entry.uncompressedSize)
          throw new XlsxError("too_large", `${name} is longer than declared`);
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
    } catch (error) {
      throw asXlsxError(error, `part ${name}`);
    }
    if (bytes !== entry.uncompressedSize) throw new XlsxError("unreadable", `${name} is cut off`);
    if (checksum !== entry.crc32) throw new XlsxError("unreadable", `${name} is damaged (checksum)`);
  }

  async #inflate(entry: Entry): Promise<AsyncIterable<Buffer>> {
    // yauzl's own inflating stream cannot be destroyed without leaking its filter (its issue 27): we take the raw bytes.
    const raw = await this.#zip.openReadStreamPromise(entry, { decodeFileData: false });
    return entry.compressionMethod === METHOD_STORED ? untilLeft(raw, raw) : untilLeft(raw, inflateFrom(raw));
  }

  /** Gives the file back once its streams have ended. A second close does nothing. */
  close(): void {
    this.#zip.close();
  }
}

function inflateFrom(raw: Readable): Readable {
  // zlib's streams take a Transform's options too; their types do not say so.
  const options: ZlibOptions & TransformOptions = { chunkSize: CHUNK_BYTES, highWaterMark: AHEAD_BYTES };
  const inflate = createInflateRaw(options);
  raw.on("error", (error) => inflate.destroy(error));
  return raw.pipe(inflate);
}

async function* untilLeft(raw: Readable, stream: Readable): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* stream as AsyncIterable<Buffer>; // yauzl's and zlib's streams have no encoding set: their chunks are Buffers
  } finally {
    raw.destroy();
    stream.destroy();
  }
}

/**
 * Opens a zip and looks at its directory before anything is inflated.
 * @throws {encrypted | unreadable | too_large}
 */
export async function openZip(path: string, { limits, signal }: ZipOptions): Promise<ZipParts> {
  const fileBytes = await refuseCompoundFile(path);
  const zip = await openPromise(path, { autoClose: false, validateEntrySizes: true }).catch(
    (error: unknown) => {
      throw asXlsxError(error, "not a zip");
    },
  );
  try {
    return new ZipParts(zip, await readDirectory(zip, limits, fileBytes), signal);
  } catch (error) {
    zip.close();
    throw asXlsxError(error, "the zip's directory");
  }
}

async function readDirectory(
  zip: ZipFile,
  limits: XlsxLimits,
  fileBytes: number,
): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > limits.maxEntries) throw new XlsxError("too_large", `${zip.entryCount} entries`);
  const entries = new Map<string, Entry>();
  let inflatedBytes = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.isEncrypted()) throw new XlsxError("encrypted", "the zip's entries are encrypted");
    if (entry.compressionMethod !== METHOD_STORED && entry.compressionMethod !== METHOD_DEFLATED) {
      throw new XlsxError("unreadable", `compression method ${entry.compressionMethod}`);
    }
    inflatedBytes += entry.uncompressedSize;
    if (inflatedBytes > limits.maxInflatedBytes)
      throw new XlsxError("too_large", "too many bytes when inflated");
    const name = entry.fileName.toLowerCase();
    if (entries.has(name)) throw new XlsxError("unreadable", "two parts have one name");
    entries.set(name, entry);
  }
  // Against the file, not the sum of compressed sizes: entries of a bomb may share their bytes.
  if (inflatedBytes > RATIO_FLOOR_BYTES && inflatedBytes / fileBytes > limits.maxRatio) {
    throw new XlsxError("too_large", `inflates ${Math.round(inflatedBytes / fileBytes)} times`);
  }
  return entries;
}

/**
 * Excel wraps an encrypted workbook in an OLE compound file, the same container as .xls of before 2007.
 * @returns the file's size in bytes.
 */
async function refuseCompoundFile(path: string): Promise<number> {
  await using file = await open(path, "r");
  const head = Buffer.alloc(512);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  if (bytesRead < CFB_MAGIC.length) throw new XlsxError("unreadable", "the file is empty or cut off");
  if (!head.subarray(0, CFB_MAGIC.length).equals(CFB_MAGIC)) return (await file.stat()).size;
  throw await compoundFileError(file, head);
}

async function compoundFileError(file: FileHandle, head: Buffer): Promise<XlsxError> {
  // [MS-CFB] 2.2: sector shift at 30, first directory sector at 48; sector n begins at (n + 1) sectors.
  const sectorBytes = 2 ** Math.min(head.readUInt16LE(30), 12);
  const directory = Buffer.alloc(sectorBytes);
  await file.read(directory, 0, sectorBytes, (head.readUInt32LE(48) + 1) * sectorBytes);
  const old = ["Workbook", "Book"].some((name) => directory.includes(Buffer.from(`${name}\0`, "utf16le")));
  return old
    ? new XlsxError("unreadable", "an .xls of Excel 97–2003, not an .xlsx")
    : new XlsxError("encrypted", "protected by a password");
}
