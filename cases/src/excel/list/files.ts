import { bookParts, rowsXml, sheetXml, zip, zipParts, RELATIONSHIPS } from "../raw-workbook.ts";
import { S, type WorkbookCase } from "../workbook-case.ts";

const ROWS = [
  ["학번", "이름"],
  [1, "홍길동"],
];
const SHEET = "xl/worksheets/sheet1.xml";
const RELS = "xl/_rels/workbook.xml.rels";
const parts = (): Record<string, string> => bookParts([sheetXml(rowsXml(ROWS))]);
const entries = (): [string, string][] => Object.entries(parts());
const each = (change: (content: string, name: string) => string | Buffer): Buffer =>
  zip(entries().map(([name, content]) => [name, change(content, name)] as const));
const bigEndian = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
/** 홍길동, 학번, 이름 in EUC-KR. */
const EUC_KR = new Map([
  ["홍길동", "c8abb1e6b5bf"],
  ["학번", "c7d0b9f8"],
  ["이름", "c0ccb8a7"],
]);

function inEucKr(text: string): Buffer {
  const pieces = text.replace("UTF-8", "EUC-KR").split(/(홍길동|학번|이름)/);
  return Buffer.concat(
    pieces.map((piece) => Buffer.from(EUC_KR.get(piece) ?? piece, EUC_KR.has(piece) ? "hex" : "utf8")),
  );
}

/** A compound file with empty streams of these names: one sector of FAT, then the directory. */
function compoundFile(names: readonly string[]): Buffer {
  const streams = ["Root Entry", ...names];
  const sectors = Math.ceil(streams.length / 4);
  const head = Buffer.alloc(512, 0xff);
  head.fill(0, 0, 76);
  Buffer.from("d0cf11e0a1b11ae1", "hex").copy(head);
  for (const [at, value] of [
    [24, 0x3e],
    [26, 3],
    [28, 0xfffe],
    [30, 9],
    [32, 6],
  ] as const)
    head.writeUInt16LE(value, at);
  for (const [at, value] of [
    [44, 1],
    [48, 1],
    [56, 4096],
    [60, 0xfffffffe],
    [68, 0xfffffffe],
    [76, 0],
  ] as const)
    head.writeUInt32LE(value, at);
  const fat = Buffer.alloc(512, 0xff);
  fat.writeUInt32LE(0xfffffffd, 0);
  for (let i = 0; i < sectors; i++) fat.writeUInt32LE(i < sectors - 1 ? i + 2 : 0xfffffffe, 4 * (i + 1));
  const directory = Buffer.alloc(sectors * 512);
  for (const [i, stream] of streams.entries()) {
    const name = Buffer.from(`${stream}\0`, "utf16le");
    const entry = directory.subarray(i * 128, i * 128 + 128);
    name.copy(entry);
    entry.writeUInt16LE(name.length, 64);
    entry.writeUInt8(i === 0 ? 5 : 2, 66);
    entry.writeUInt8(1, 67);
    entry.writeUInt32LE(0xffffffff, 68);
    entry.writeUInt32LE(i > 0 && i < streams.length - 1 ? i + 1 : 0xffffffff, 72);
    entry.writeUInt32LE(i === 0 && streams.length > 1 ? 1 : 0xffffffff, 76);
    entry.writeUInt32LE(0xfffffffe, 116);
  }
  return Buffer.concat([head, fat, directory, Buffer.alloc(4096)]);
}

/** The directory gives a part 40 bytes less than it has. */
function withSizeLie(): Buffer {
  const bytes = zipParts(parts());
  const at = bytes.lastIndexOf(RELS) - 46;
  bytes.writeUInt32LE(bytes.readUInt32LE(at + 24) - 40, at + 24);
  return bytes;
}

function strict(): Buffer {
  return each((content) =>
    content
      .replaceAll(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
      )
      .replaceAll(RELATIONSHIPS, "http://purl.oclc.org/ooxml/officeDocument/relationships"),
  );
}

const file = (name: string, row: string, trait: string, bytes: () => Buffer): WorkbookCase => ({
  name,
  row,
  trait,
  bytes,
  students: [S(1)],
});
const refused = (
  name: string,
  row: string,
  trait: string,
  code: string,
  bytes: () => Buffer,
): WorkbookCase => ({
  name,
  row,
  trait,
  bytes,
  code,
});

/** The file around the sheets. */
export const FILE_CASES: readonly WorkbookCase[] = [
  file("bom-utf8", "–", "a byte order mark before every part", () => each((content) => `\ufeff${content}`)),
  file("utf16", "–", "every part in UTF-16 with a byte order mark", () =>
    each((content) => Buffer.from(`\ufeff${content.replace("UTF-8", "UTF-16")}`, "utf16le")),
  ),
  file("utf16-no-bom", "X14", "a sheet in UTF-16BE without a byte order mark", () =>
    each((content, name) => (name === SHEET ? bigEndian(content.replace("UTF-8", "UTF-16BE")) : content)),
  ),
  file("euc-kr", "X14", "every part declared and written as EUC-KR", () => each(inEucKr)),
  file("absolute-targets", "–", "absolute targets of relationships", () =>
    each((content, name) => (name === RELS ? content.replace('"worksheets/', '"/xl/worksheets/') : content)),
  ),
  file("backslash-target", "X14", "a target with a backslash", () =>
    each((content, name) =>
      name === RELS ? content.replace("worksheets/sheet1", "worksheets\\sheet1") : content,
    ),
  ),
  file("backslash-names", "X14", "zip entries named with backslashes", () =>
    zip(entries().map(([name, content]) => [name.replaceAll("/", "\\"), content] as const)),
  ),
  file("strict", "–", "strict OOXML", strict),
  file("stored", "–", "stored, not deflated", () => zipParts(parts(), { stored: true })),
  file("trailing-bytes", "X14", "a line end behind the zip", () =>
    Buffer.concat([zipParts(parts()), Buffer.from("\r\n")]),
  ),
  file("zip-comment", "–", "a comment of the zip", () => zipParts(parts(), { comment: "한글 주석" })),
  file("directory-entries", "–", "entries for folders", () =>
    zip([
      ...["_rels/", "xl/", "xl/_rels/", "xl/worksheets/"].map((name) => [name, ""] as const),
      ...entries(),
    ]),
  ),
  file("duplicate-entries", "X14", "a part that nobody needs twice in the zip", () =>
    zip([...entries(), ["docProps/app.xml", "<a/>"], ["docProps/app.xml", "<a/>"]]),
  ),
  file("junk-before", "X14", "the mark of a spanned zip before it", () =>
    Buffer.concat([Buffer.from("504b0708", "hex"), zipParts(parts())]),
  ),
  refused("ole-hwp", "X6", "a Hangul document named .xlsx", "workbook_unreadable", () =>
    compoundFile(["FileHeader", "DocInfo", "BodyText", "PrvText"]),
  ),
  refused("ole-doc", "X6", "a Word 97 document named .xlsx", "workbook_unreadable", () =>
    compoundFile(["WordDocument", "1Table", "Data"]),
  ),
  refused("ole-encrypted", "X6", "a workbook with a password", "workbook_encrypted", () =>
    compoundFile(["EncryptedPackage", "\u0006DataSpaces", "Version", "EncryptionInfo"]),
  ),
  refused(
    "zip-size-lie",
    "X14",
    "the zip's directory gives a part less than it has",
    "workbook_unreadable",
    withSizeLie,
  ),
  {
    name: "styled-blank-rows",
    row: "X11",
    trait: "10 students above 300,000 styled blank rows",
    bytes: () => {
      const students = rowsXml([
        ["학번", "이름"],
        ...Array.from({ length: 10 }, (_, i) => [i + 1, "홍길동"]),
      ]);
      const blank = Array.from(
        { length: 300_000 },
        (_, i) => `<row r="${i + 12}"><c r="A${i + 12}" s="0"/></row>`,
      );
      return zipParts(bookParts([sheetXml(students + blank.join(""))]));
    },
    students: Array.from({ length: 10 }, (_, i) => S(i + 1)),
  },
];
