import type { FileHandle } from "node:fs/promises";
import { XlsxError } from "./xlsx-error.ts";
import { readAt } from "./zip-directory.ts";

/** OLE compound file ([MS-CFB]): the container of a workbook with a password, and of .xls, .doc, .ppt and .hwp. */
const MAGIC = Buffer.from("d0cf11e0a1b11ae1", "hex");
const HEADER_BYTES = 512;
const ENTRY_BYTES = 128;
/** A directory of any real document is shorter; a chain that runs in a circle ends here. */
const MAX_SECTORS = 256;
/** Sectors of the allocation table that the header names. */
const TABLE_SECTORS = 109;

export function isCompoundFile(head: Buffer): boolean {
  return head.subarray(0, MAGIC.length).equals(MAGIC);
}

/** How a compound file is refused: as encrypted only where its directory holds a workbook with a password. */
export async function compoundFileError(file: FileHandle): Promise<XlsxError> {
  const names = await entryNames(file);
  if (names.includes("EncryptedPackage")) return new XlsxError("encrypted", "protected by a password");
  const old = names.some((name) => name === "Workbook" || name === "Book");
  return new XlsxError(
    "unreadable",
    old ? "an .xls, the binary format of 1997, not an .xlsx" : "a compound file, no .xlsx",
  );
}

/** Names in the directory: its sectors are a chain in the allocation table (2.2, 2.3, 2.6.1). */
async function entryNames(file: FileHandle): Promise<string[]> {
  const header = await readAt(file, 0, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return [];
  const sectorBytes = 2 ** Math.min(Math.max(header.readUInt16LE(30), 7), 12);
  const names: string[] = [];
  let sector = header.readUInt32LE(48);
  for (let read = 0; read < MAX_SECTORS; read++) {
    const bytes = await readAt(file, (sector + 1) * sectorBytes, sectorBytes);
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) names.push(entryName(bytes, at));
    const perSector = sectorBytes / 4;
    const table = Math.floor(sector / perSector);
    if (bytes.length === 0 || table >= TABLE_SECTORS) break;
    const at = (header.readUInt32LE(76 + table * 4) + 1) * sectorBytes + (sector % perSector) * 4;
    const next = await readAt(file, at, 4);
    if (next.length < 4) break;
    sector = next.readUInt32LE(0);
  }
  return names;
}

/** A name of up to 31 UTF-16 units and a closing zero. */
function entryName(bytes: Buffer, at: number): string {
  return bytes.toString("utf16le", at, at + 64).split("\0", 1)[0] ?? "";
}
