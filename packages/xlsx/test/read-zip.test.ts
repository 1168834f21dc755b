import { describe, expect, it } from "vitest";
import { partsOf, readAll, refusal, writeFixture } from "./workbook-fixture.ts";
import { makeZip, type ZipEntry } from "./zip-fixture.ts";

const PARTS = partsOf({ sheets: [{ rows: "<row><c><v>1</v></c></row>" }] });
const ZIP = makeZip(PARTS);
const renamed = (rename: (name: string) => string): Buffer =>
  makeZip(PARTS.map((entry) => ({ ...entry, name: rename(entry.name) })));
const changed = (part: string, change: (xml: string) => string): ZipEntry[] =>
  PARTS.map((entry) =>
    entry.name.endsWith(part) ? { ...entry, content: change(String(entry.content)) } : entry,
  );

/** The same zip with zip64 records, its sizes and offsets only there. */
function zip64(zip: Buffer): Buffer {
  const end = zip.subarray(-22);
  const directory = zip.subarray(end.readUInt32LE(16), zip.length - 22);
  const entries: Buffer[] = [];
  for (let at = 0; at < directory.length;) {
    const next = at + 46 + directory.readUInt16LE(at + 28);
    const entry = Buffer.from(directory.subarray(at, next));
    const extra = Buffer.alloc(28);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    [24, 20, 42].forEach((from, i) => {
      extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(from)), 4 + i * 8);
      entry.writeUInt32LE(0xffffffff, from);
    });
    entry.writeUInt16LE(extra.length, 30);
    entries.push(entry, extra);
    at = next;
  }
  const central = Buffer.concat(entries);
  const start = end.readUInt32LE(16);
  const record = Buffer.alloc(56);
  record.write("504b0606", "hex");
  record.writeBigUInt64LE(BigInt(central.length), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.write("504b0607", "hex");
  locator.writeBigUInt64LE(BigInt(start + central.length), 8);
  const last = Buffer.from(end);
  last.writeUInt32LE(0xffffffff, 12);
  last.writeUInt32LE(0xffffffff, 16);
  return Buffer.concat([zip.subarray(0, start), central, record, locator, last]);
}

describe("a zip as other programs open it", () => {
  it.each<[string, () => Buffer]>([
    ["with bytes behind its end", () => Buffer.concat([ZIP, Buffer.from("\r\n")])],
    ["with 100,000 bytes behind its end", () => Buffer.concat([ZIP, Buffer.alloc(100_000, "PK")])],
    ["with a mark before its beginning", () => Buffer.concat([Buffer.from("PK\x07\x08"), ZIP])],
    ["with another file before its beginning", () => Buffer.concat([Buffer.alloc(70_000, "x"), ZIP])],
    [
      "with a comment that holds the signature of an end",
      () => {
        const end = Buffer.from(ZIP);
        const comment = Buffer.from(`PK\x05\x06${"x".repeat(30)}`, "latin1");
        end.writeUInt16LE(comment.length, end.length - 2);
        return Buffer.concat([end, comment]);
      },
    ],
    ["with zip64 records", () => zip64(ZIP)],
    ["with zip64 records behind other bytes", () => Buffer.concat([Buffer.from("PK\x07\x08"), zip64(ZIP)])],
    ["with backslashes in names", () => renamed((name) => name.replaceAll("/", "\\"))],
    ["with names from the root", () => renamed((name) => `/${name}`)],
    ["with names in another case", () => renamed((name) => name.toUpperCase())],
    [
      "with folders",
      () => makeZip([{ name: "xl/", content: "" }, { name: "xl/worksheets/", content: "" }, ...PARTS]),
    ],
    ["with a part twice, the same both times", () => makeZip([...PARTS, ...PARTS])],
    [
      "with two different parts of a name that nobody reads",
      () =>
        makeZip([
          ...PARTS,
          { name: "docProps/app.xml", content: "a" },
          { name: "docProps/app.xml", content: "bb" },
        ]),
    ],
    [
      "with an encrypted part that nobody reads",
      () => makeZip([...PARTS, { name: "other", content: "", encrypted: true }]),
    ],
    ["with names that lead out of it", () => makeZip([...PARTS, { name: "../../x", content: "" }])],
    [
      "with a target from the root",
      () => makeZip(changed("workbook.xml.rels", (xml) => xml.replace('Target="', 'Target="/xl/'))),
    ],
    [
      "with a target of backslashes",
      () => makeZip(changed("workbook.xml.rels", (xml) => xml.replace("worksheets/", "worksheets\\"))),
    ],
    [
      "with a target percent-encoded",
      () => makeZip(changed("workbook.xml.rels", (xml) => xml.replace("sheet1", "%73heet1"))),
    ],
    ["without relationships of its own", () => makeZip(PARTS.filter(({ name }) => name !== "_rels/.rels"))],
  ])("is read: %s", async (_, bytes) => {
    const [rows] = await readAll(await writeFixture(bytes()));
    expect(rows?.map(({ cells }) => cells)).toEqual([[1]]);
  });

  it.each<[string, () => Buffer]>([
    [
      "an entry beyond the end of the file",
      () => {
        const zip = Buffer.from(ZIP);
        const start = zip.readUInt32LE(zip.length - 6);
        zip.writeUInt32LE(0x7fffffff, start + 42);
        return zip;
      },
    ],
    ["a directory of nonsense", () => Buffer.concat([Buffer.alloc(64), ZIP.subarray(-22)])],
    ["nothing but ends of directories", () => Buffer.alloc(65_536, "PK\x05\x06")],
  ])("is refused: %s", async (_, bytes) => {
    expect(await refusal(await writeFixture(bytes()))).toBe("unreadable");
  });
});

describe("a compound file", () => {
  /** Its directory in sectors of 512 bytes from the second on, chained through the table in the first. */
  function compound(names: readonly string[]): Buffer {
    const sectors = Math.ceil(names.length / 4);
    const bytes = Buffer.alloc(512 * (2 + sectors));
    bytes.write("d0cf11e0a1b11ae1", "hex");
    bytes.writeUInt16LE(9, 30);
    bytes.writeUInt32LE(1, 48);
    for (let i = 0; i < sectors; i++)
      bytes.writeUInt32LE(i === sectors - 1 ? 0xfffffffe : i + 2, 512 + (i + 1) * 4);
    names.forEach((name, i) => bytes.write(name, 1_024 + i * 128, "utf16le"));
    return bytes;
  }

  it.each([
    [["Root Entry", "EncryptedPackage"], "encrypted"],
    [["Root Entry", "a", "b", "c", "d", "e", "f", "g", "EncryptionInfo", "EncryptedPackage"], "encrypted"],
    [["Root Entry", "Workbook"], "unreadable"],
    [["Root Entry", "FileHeader", "DocInfo", "BodyText", "PrvText"], "unreadable"],
    [["Root Entry", "WordDocument", "1Table", "Data"], "unreadable"],
    [[], "unreadable"],
  ])("that holds %j is %s", async (names, code) => {
    expect(await refusal(await writeFixture(compound(names)))).toBe(code);
  });

  it("whose directory runs in a circle comes to an end", async () => {
    const circle = compound(["Root Entry", "a", "b", "c", "d"]);
    circle.writeUInt32LE(1, 512 + 2 * 4);
    expect(await refusal(await writeFixture(circle))).toBe("unreadable");
  });
});
