import { crc32, deflateRawSync } from "node:zlib";

/*
 * Small workbooks that want to keep a reader busy, each in a way of its own. Whatever comes of them, it comes soon.
 */

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships";

const text = (reference: string, value: string): string =>
  `<c r="${reference}" t="inlineStr"><is><t>${value}</t></is></c>`;
const row = (number: number, cells: string): string => `<row r="${number}">${cells}</row>`;
const numbers = (count: number, first = 0): number[] => Array.from({ length: count }, (_, i) => first + i);
const HEADER = row(1, text("A1", "학번") + text("B1", "이름") + text("C1", "메모") + text("D1", "이메일"));
const student = (number: number, more = ""): string =>
  row(number, `<c r="A${number}"><v>${number}</v></c>${text(`B${number}`, "홍길동")}${more}`);
const sheet = (rows: string, before = "", after = ""): string =>
  `<worksheet xmlns="${MAIN}">${before}<sheetData>${HEADER}${rows}</sheetData>${after}</worksheet>`;

interface Book {
  readonly sheet: string;
  readonly styles?: string;
  readonly strings?: string;
  readonly sheets?: string;
  readonly moreRelationships?: string;
}

function workbook({ sheet: xml, styles, strings, sheets, moreRelationships = "" }: Book): Buffer {
  const related = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${RELATIONSHIPS}/${type}" Target="${target}"/>`;
  const parts: [string, string][] = [
    [
      "_rels/.rels",
      `<Relationships xmlns="${PACKAGE}">${related("r", "officeDocument", "xl/workbook.xml")}</Relationships>`,
    ],
    [
      "xl/workbook.xml",
      `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}"><sheets>${sheets ?? '<sheet name="s" sheetId="1" r:id="r1"/>'}</sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `<Relationships xmlns="${PACKAGE}">${related("r1", "worksheet", "s.xml")}${related("r2", "styles", "styles.xml")}${related("r3", "sharedStrings", "strings.xml")}${moreRelationships}</Relationships>`,
    ],
    ["xl/s.xml", xml],
    ["xl/styles.xml", `<styleSheet xmlns="${MAIN}">${styles ?? ""}</styleSheet>`],
    ["xl/strings.xml", `<sst xmlns="${MAIN}">${strings ?? ""}</sst>`],
  ];
  return zip(parts);
}

function zip(parts: readonly (readonly [name: string, xml: string])[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, xml] of parts) {
    const content = Buffer.from(xml);
    const data = deflateRawSync(content, { level: 6 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("504b01021400", "hex"), common, tail, Buffer.from(name));
    files.push(Buffer.from("504b0304", "hex"), common, Buffer.from(name), data);
    offset += 30 + name.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("504b0506", 0, "hex");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, central, end]);
}

const format = (code: string): string =>
  `<numFmts><numFmt numFmtId="170" formatCode="${code}"/></numFmts><cellXfs><xf/><xf numFmtId="170"/></cellXfs>`;
const shared = (reference: string): string => `<c r="${reference}" t="s"><v>0</v></c>`;
const si = (value: string): string => `<si><t>${value}</t></si>`;

function longText(rows: number): Buffer {
  const cells = (i: number): string => ["A", "B", "C", "D"].map((column) => shared(`${column}${i}`)).join("");
  const xml = sheet(
    numbers(rows, 2)
      .map((i) => row(i, cells(i)))
      .join(""),
  );
  return workbook({ sheet: xml, strings: si("가".repeat(32_000)) });
}

/** By name; made only when asked for. */
export const HOSTILE: Readonly<Record<string, () => Buffer>> = {
  "a number format of brackets": () =>
    workbook({
      sheet: sheet(row(2, `<c r="A2" s="1"><v>1</v></c>${text("B2", "가")}`)),
      styles: format("[".repeat(500_000)),
    }),
  "formats of 255 characters in each of 64,000 styles": () =>
    workbook({
      sheet: sheet(student(2)),
      styles: `<numFmts>${numbers(20_000, 164)
        .map((id) => `<numFmt numFmtId="${id}" formatCode="${"[&lt;0".repeat(50)}"/>`)
        .join("")}</numFmts><cellXfs>${"<xf numFmtId='164'/>".repeat(64_000)}</cellXfs>`,
    }),
  "an e-mail address of dots": () =>
    workbook({
      sheet: sheet(
        numbers(2_000, 2)
          .map((i) => student(i, shared(`D${i}`)))
          .join(""),
      ),
      strings: si(`a@${".".repeat(32_000)}@`),
    }),
  "a long text in each cell of 5,000 rows": () => longText(5_000),
  "a long text in each cell of 100,000 rows": () => longText(100_000),
  "a text of spaces": () =>
    workbook({
      sheet: sheet(
        numbers(5_000, 2)
          .map((i) => row(i, shared(`A${i}`) + shared(`B${i}`) + shared(`C${i}`)))
          .join(""),
      ),
      strings: si(`x${" ".repeat(32_000)}x`),
    }),
  "a thousand sheets of one part": () =>
    workbook({
      sheet: sheet(
        numbers(20_000, 2)
          .map((i) => student(i))
          .join(""),
      ),
      sheets: numbers(1_000)
        .map((i) => `<sheet name="s${i}" sheetId="${i + 1}" r:id="r1"/>`)
        .join(""),
    }),
  "a million relationships": () =>
    workbook({
      sheet: sheet(student(2)),
      moreRelationships: numbers(250_000)
        .map((i) => `<Relationship Id="x${i}" Type="a/b" Target="${"../".repeat(20)}x"/>`)
        .join(""),
    }),
  "a million attributes": () =>
    workbook({
      sheet: sheet(
        `<row r="2" ${numbers(500_000)
          .map((i) => `a${i}=""`)
          .join(" ")}></row>`,
      ),
    }),
  "a million namespaces": () =>
    workbook({
      sheet: sheet(
        `<row r="2" ${numbers(200_000)
          .map((i) => `xmlns:a${i}="b"`)
          .join(" ")}></row>`,
      ),
    }),
  "elements nested a million deep": () =>
    workbook({ sheet: sheet(`<row r="2"><x:a xmlns:x="y">${"<b>".repeat(1_000_000)}`) }),
  "a comment of 64 MB": () => workbook({ sheet: sheet(`${student(2)}<!--${" ".repeat(64_000_000)}-->`) }),
  "a million comments": () => workbook({ sheet: sheet(student(2) + "<!---->".repeat(1_000_000)) }),
  "a tag without an end": () =>
    workbook({ sheet: sheet(`${student(2)}<row r="3" ${" ".repeat(64_000_000)}`) }),
  "a head of tags": () =>
    workbook({ sheet: sheet(student(2), `<cols>${"<col/>".repeat(5_000_000)}</cols>`) }),
  "rows as long as they may be": () =>
    workbook({
      sheet: sheet(
        numbers(25, 2)
          .map((i) => row(i, `<c/>`.repeat(1_000_000)))
          .join(""),
      ),
    }),
  "cells without end, in one row": () =>
    workbook({ sheet: sheet(`<row r="2">${"<c><v>1</v></c>".repeat(4_000_000)}</row>`) }),
  "formulas in formulas": () =>
    workbook({ sheet: sheet(row(2, `<c r="A2">${"<f></f>".repeat(100_000)}<v>1</v></c>`)) }),
  "a million merged ranges that overlap": () =>
    workbook({
      sheet: sheet(
        numbers(20_000, 2)
          .map((i) => student(i))
          .join(""),
        "",
        `<mergeCells>${numbers(490_000, 2)
          .map((i) => `<mergeCell ref="A${(i % 1_000) + 2}:IV1048576"/>`)
          .join("")}</mergeCells>`,
      ),
    }),
  "references, encoded": () =>
    workbook({
      sheet: sheet(
        numbers(20_000, 2)
          .map((i) => student(i, shared(`C${i}`)))
          .join(""),
      ),
      strings: si("&#44032;_x0041_".repeat(2_900)),
    }),
  "rich text of a million runs": () =>
    workbook({
      sheet: sheet(student(2, shared("C2"))),
      strings: `<si>${"<r><t>a</t></r>".repeat(270_000)}</si>`.repeat(15),
    }),
  "half a gigabyte of blanks": () => workbook({ sheet: sheet(student(2) + " ".repeat(400_000_000)) }),
  "titles without end": () =>
    workbook({
      sheet: sheet(
        numbers(20_000, 2)
          .map((i) =>
            row(
              i,
              numbers(20)
                .map(() => `<c t="s"><v>0</v></c>`)
                .join(""),
            ),
          )
          .join(""),
      ),
      strings: si("(".repeat(100)),
    }),
};
