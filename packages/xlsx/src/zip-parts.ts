import { open, type FileHandle } from "node:fs/promises";
import { Readable, type TransformOptions } from "node:stream";
import { crc32, createInflateRaw, type ZlibOptions } from "node:zlib";
import { compoundFileError, isCompoundFile } from "./compound-file.ts";
import type { XlsxLimits } from "./limits.ts";
import { asXlsxError, XlsxError } from "./xlsx-error.ts";
import { partName, readAt, readZipDirectory, type ZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** How much is inflated at once; also the size of the texts that the tokenizers get. 256 KiB is slower (measured). */
const CHUNK_BYTES = 65_536;
/** How much is inflated ahead while the taker is busy with a chunk. */
const AHEAD_BYTES = 4 * CHUNK_BYTES;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

export interface ZipOptions {
  readonly limits: XlsxLimits;
  readonly signal?: AbortSignal | undefined;
}

/** The parts of a package by their name (which OPC compares without case), each read as a bounded stream. */
export class ZipParts {
  readonly #file: FileHandle;
  readonly fileBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #entries: ZipDirectory;
  /** What may be inflated yet, in all readings together. */
  #bytesLeft: number;
  #closed = false;

  /** Not for callers: use {@link openZip}. */
  constructor(
    file: FileHandle,
    fileBytes: number,
    { entries, limits, signal }: ZipOptions & { entries: ZipDirectory },
  ) {
    this.#file = file;
    this.fileBytes = fileBytes;
    this.#entries = entries;
    this.#signal = signal;
    this.#bytesLeft = limits.maxInflatedBytes + fileBytes * limits.inflatedBytesPerByte;
  }

  has(name: string): boolean {
    return this.#entries.has(partName(name));
  }

  /** The part's size as the central directory says, 0 for none: {@link ZipParts.read} lets no more pass. */
  sizeBytes(name: string): number {
    const entry = this.#entries.get(partName(name));
    return entry === undefined || entry === "ambiguous" ? 0 : entry.inflatedBytes;
  }

  /**
   * Inflates a part chunk by chunk; leaving the loop early closes its streams.
   * @throws {unreadable} when the part is missing, damaged, or not as long as the directory says. {encrypted} when its
   * entry is. {too_complex} when more is inflated, in all readings together, than the file may ask for.
   */
  async *read(name: string): AsyncGenerator<Buffer, void, undefined> {
    const entry = this.#entries.get(partName(name));
    if (entry === undefined) throw new XlsxError("unreadable", `part ${name} is missing`);
    if (entry === "ambiguous") throw new XlsxError("unreadable", `two different parts are named ${name}`);
    let bytes = 0;
    let checksum = 0;
    try {
      for await (const chunk of await this.#inflate(entry)) {
        this.#signal?.throwIfAborted();
        bytes += chunk.length;
        this.#bytesLeft -= chunk.length;
        if (bytes > entry.inflatedBytes) throw new XlsxError("unreadable", `${name} is longer than declared`);
        if (this.#bytesLeft < 0) throw new XlsxError("too_complex", "too many bytes inflated in all");
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
    } catch (error) {
      throw asXlsxError(error, `part ${name}`);
    }
    if (bytes !== entry.inflatedBytes) throw new XlsxError("unreadable", `${name} is cut off`);
    if (checksum !== entry.crc32) throw new XlsxError("unreadable", `${name} is damaged (checksum)`);
  }

  async #inflate({ encrypted, method, offset, compressedBytes }: ZipEntry): Promise<AsyncIterable<Buffer>> {
    if (encrypted) throw new XlsxError("encrypted", "the zip's entries are encrypted");
    if (method !== METHOD_STORED && method !== METHOD_DEFLATED)
      throw new XlsxError("unreadable", `compression method ${method}`);
    const header =
      offset < this.fileBytes ? await readAt(this.#file, offset, LOCAL_HEADER_BYTES) : Buffer.alloc(0);
    if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE)
      throw new XlsxError("unreadable", "an entry is not where the zip's directory says");
    const start = offset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (start + compressedBytes > this.fileBytes) throw new XlsxError("unreadable", "the zip is cut off");
    const raw = Readable.from(storedBytes(this.#file, start, start + compressedBytes));
    return method === METHOD_STORED ? untilLeft(raw, raw) : untilLeft(raw, inflateFrom(raw));
  }

  /** Gives the file back. A second close does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close().catch(() => undefined); // it was only read: nothing can be lost
  }
}

async function* storedBytes(
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; at < end;) {
    const bytes = await readAt(file, at, Math.min(CHUNK_BYTES, end - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
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
    yield* stream as AsyncIterable<Buffer>; // no encoding is set: their chunks are Buffers
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
  const file = await open(path, "r");
  try {
    const { size: fileBytes } = await file.stat();
    if (isCompoundFile(await readAt(file, 0, 8))) throw await compoundFileError(file);
    const entries = await readZipDirectory(file, fileBytes, limits);
    return new ZipParts(file, fileBytes, { entries, limits, signal });
  } catch (error) {
    await file.close();
    throw asXlsxError(error, "the zip's directory");
  }
}
