import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer | string;
  /** The content as it is stored, where deflating it here would take too long. */
  readonly deflated?: { readonly bytes: Buffer; readonly crc32: number; readonly inflatedBytes: number };
  /** What the central directory claims instead of the truth. */
  readonly forgedInflatedBytes?: number;
  /** Not deflated. */
  readonly stored?: boolean;
  readonly encrypted?: boolean;
  readonly forgedCrc32?: number;
}

/** Writes a zip with exactly what a test wants in it, lies included. */
export function makeZip(entries: readonly ZipEntry[], comment = ""): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content as string);
    const data = entry.deflated?.bytes ?? (entry.stored === true ? content : deflateRawSync(content));
    const name = Buffer.from(entry.name);
    const header = Buffer.alloc(26); // what the local header and the directory's have in common
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(entry.encrypted === true ? 0x801 : 0x800, 2);
    header.writeUInt16LE(entry.stored === true ? 0 : 8, 4);
    header.writeUInt32LE(entry.forgedCrc32 ?? entry.deflated?.crc32 ?? crc32(content), 10);
    header.writeUInt32LE(data.length, 14);
    header.writeUInt32LE(entry.forgedInflatedBytes ?? entry.deflated?.inflatedBytes ?? content.length, 18);
    header.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("504b01021400", "hex"), header, tail, name);
    files.push(Buffer.from("504b0304", "hex"), header, name, data);
    offset += 30 + name.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("504b0506", 0, "hex");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...files, central, end, Buffer.from(comment)]);
}
