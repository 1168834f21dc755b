import type { FileHandle } from "node:fs/promises";
import type { XlsxLimits } from "./limits.ts";
import { XlsxError } from "./xlsx-error.ts";

/*
 * A zip's central directory (APPNOTE 4.3), read as forgivingly as other programs do: with bytes before the first entry and
 * behind the last, with zip64 records, folders, backslashes, and names that come twice. Our own because libraries refuse
 * these; nothing else of a zip is needed.
 */

export interface ZipEntry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
  /** Where its local header begins in the file. */
  readonly offset: number;
}

/** Entries by the part's name in lower case; `ambiguous` where two different ones have that name. */
export type ZipDirectory = ReadonlyMap<string, ZipEntry | "ambiguous">;

const END_SIGNATURE = Buffer.from("504b0506", "hex");
const END_BYTES = 22;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_END_BYTES = 56;
const IN_ZIP64 = 0xffffffff;
/** The longest comment, and as much of what a gateway may have put behind the zip. */
const TAIL_BYTES = 131_072;
/** A signature may stand by chance (or on purpose) where no directory ends. */
const MAX_CANDIDATES = 64;
const MAX_DIRECTORY_BYTES = 8_388_608;

/**
 * Finds and reads a zip's directory.
 * @throws {unreadable | too_large}
 */
export async function readZipDirectory(
  file: FileHandle,
  fileBytes: number,
  limits: XlsxLimits,
): Promise<ZipDirectory> {
  const tailStart = Math.max(0, fileBytes - TAIL_BYTES);
  const tail = await readAt(file, tailStart, fileBytes - tailStart);
  let at = tail.length;
  for (let candidate = 0; candidate < MAX_CANDIDATES; candidate++) {
    at = at <= 0 ? -1 : tail.lastIndexOf(END_SIGNATURE, at - 1);
    if (at === -1) break;
    if (at + END_BYTES > tail.length) continue;
    const place = await placeOf(file, tail.subarray(at, at + END_BYTES), tailStart + at);
    if (place !== null) return entriesOf(await readAt(file, place.start, place.bytes), place.shift, limits);
  }
  throw new XlsxError("unreadable", "not a zip, or one that is cut off");
}

interface Place {
  readonly start: number;
  readonly bytes: number;
  /** What must be added to the offsets that the directory names: bytes before the zip. */
  readonly shift: number;
}

async function placeOf(file: FileHandle, end: Buffer, endAt: number): Promise<Place | null> {
  const zip64 = await zip64Place(file, endAt);
  const { bytes, offset, behind } = zip64 ?? {
    bytes: end.readUInt32LE(12),
    offset: end.readUInt32LE(16),
    behind: endAt,
  };
  for (const start of [behind - bytes, offset]) {
    if (start < 0 || !(await startsEntry(file, start))) continue;
    if (bytes > MAX_DIRECTORY_BYTES) throw new XlsxError("too_large", "the zip's directory");
    return { start, bytes, shift: start - offset };
  }
  return null;
}

async function startsEntry(file: FileHandle, start: number): Promise<boolean> {
  const bytes = await readAt(file, start, 4);
  return bytes.length === 4 && bytes.readUInt32LE(0) === ENTRY_SIGNATURE;
}

async function zip64Place(
  file: FileHandle,
  endAt: number,
): Promise<{ bytes: number; offset: number; behind: number } | null> {
  const locatorAt = endAt - ZIP64_LOCATOR_BYTES;
  const locator = locatorAt < 0 ? null : await readAt(file, locatorAt, ZIP64_LOCATOR_BYTES);
  if (locator?.length !== ZIP64_LOCATOR_BYTES || locator.readUInt32LE(0) !== ZIP64_LOCATOR_SIGNATURE)
    return null;
  for (const at of [Number(locator.readBigUInt64LE(8)), locatorAt - ZIP64_END_BYTES]) {
    const record = at < 0 || at > endAt ? null : await readAt(file, at, ZIP64_END_BYTES);
    if (record?.length !== ZIP64_END_BYTES || record.readUInt32LE(0) !== ZIP64_END_SIGNATURE) continue;
    return {
      bytes: Number(record.readBigUInt64LE(40)),
      offset: Number(record.readBigUInt64LE(48)),
      behind: at,
    };
  }
  return null;
}

function entriesOf(directory: Buffer, shift: number, limits: XlsxLimits): ZipDirectory {
  const entries = new Map<string, ZipEntry | "ambiguous">();
  let count = 0;
  for (let at = 0; at + ENTRY_BYTES <= directory.length && directory.readUInt32LE(at) === ENTRY_SIGNATURE;) {
    if (++count > limits.maxEntries) throw new XlsxError("too_large", "too many entries");
    const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const name = partName(directory.subarray(at + ENTRY_BYTES, nameEnd));
    const entry = entryOf(
      directory.subarray(at, at + ENTRY_BYTES),
      directory.subarray(nameEnd, extraEnd),
      shift,
    );
    const other = entries.get(name);
    entries.set(name, other === undefined || isSame(other, entry) ? entry : "ambiguous");
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** As the parts of a package are named: with slashes, from the root, compared without case. */
export function partName(name: Buffer | string): string {
  return name
    .toString("utf8")
    .replaceAll("\\", "/")
    .replace(/^(?:\.?\/)+/, "")
    .toLowerCase();
}

function isSame(one: ZipEntry | "ambiguous", other: ZipEntry): boolean {
  return one !== "ambiguous" && one.crc32 === other.crc32 && one.inflatedBytes === other.inflatedBytes;
}

function entryOf(header: Buffer, extra: Buffer, shift: number): ZipEntry {
  const sizes = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)];
  const wide = zip64Numbers(extra);
  const [inflatedBytes = 0, compressedBytes = 0, offset = 0] = sizes.map((size) =>
    size === IN_ZIP64 ? (wide.shift() ?? size) : size,
  );
  return {
    method: header.readUInt16LE(10),
    encrypted: (header.readUInt16LE(8) & 1) === 1,
    crc32: header.readUInt32LE(16),
    compressedBytes,
    inflatedBytes,
    offset: offset + shift,
  };
}

/** The numbers of the zip64 extra field: only those that did not fit elsewhere, in a fixed order. */
function zip64Numbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const data = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    return Array.from({ length: Math.floor(data.length / 8) }, (_, i) => Number(data.readBigUInt64LE(i * 8)));
  }
  return [];
}

/** As many bytes of a file as there are from a position on. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
