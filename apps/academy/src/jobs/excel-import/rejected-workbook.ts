import { once } from "node:events";
import { open, type FileHandle } from "node:fs/promises";
import { crc32, createDeflateRaw, type DeflateRaw } from "node:zlib";
import { XlsxError } from "@statusplane/xlsx";
import { columnLetters } from "./column-letters.ts";

/*
 * A writer of one plain sheet, row by row, in constant memory. Our own because the libraries that stream have no
 * quotePrefix: what begins like a formula must stay a text even when somebody edits the cell.
 */

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const SHEET_PART = "xl/worksheets/sheet1.xml";

/**
 * Style 1 is a text with quotePrefix. Fonts, fills and borders are empty but whole: some readers open no file whose
 * `<fill>` has nothing in it, or whose cell styles are missing.
 */
const STYLES =
  `<styleSheet xmlns="${MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
  `<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
  `<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
  `<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
  `<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
  `<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs>` +
  `<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

const SMALL_PARTS: readonly (readonly [name: string, xml: string])[] = [
  [
    "[Content_Types].xml",
    `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
      `<Default Extension="xml" ContentType="application/xml"/>` +
      `<Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/>` +
      `<Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/>` +
      `<Override PartName="/${SHEET_PART}" ContentType="${CONTENT}.worksheet+xml"/></Types>`,
  ],
  [
    "_rels/.rels",
    `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    "xl/workbook.xml",
    `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}"><sheets><sheet name="rejected" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    "xl/_rels/workbook.xml.rels",
    `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONSHIPS}/worksheet" Target="worksheets/sheet1.xml"/>` +
      `<Relationship Id="rId2" Type="${RELATIONSHIPS}/styles" Target="styles.xml"/></Relationships>`,
  ],
  ["xl/styles.xml", STYLES],
];

/** Characters of XML that are collected before they are deflated. */
const FLUSH_CHARS = 65_536;
const MAX_BYTES = 3 * 1_073_741_824;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

/** A sheet that is being written; {@link RejectedWorkbook.finish} makes the file whole. */
export class RejectedWorkbook {
  readonly #file: FileHandle;
  readonly #deflate: DeflateRaw = createDeflateRaw();
  readonly #written: Promise<number>;
  #pending = `${DECLARATION}<worksheet xmlns="${MAIN}"><sheetData>`;
  readonly #maxBytes: number;
  #row = 0;
  #checksum = 0;
  #bytes = 0;

  private constructor(file: FileHandle, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#written = this.#writeDeflated();
    this.#written.catch(() => this.#deflate.destroy()); // told by the next addRow or by finish
  }

  /**
   * Makes the file, replacing one that is there.
   * @param maxBytes of the sheet before it is deflated, up to 3 GiB, which is the default: twice a million rejected rows
   * of a real list, and what a zip can say (4 GiB). A small file can name one long text in every row.
   */
  static async create(path: string, maxBytes = MAX_BYTES): Promise<RejectedWorkbook> {
    return new RejectedWorkbook(await open(path, "w"), Math.min(maxBytes, MAX_BYTES));
  }

  /** @throws {XlsxError} `too_complex` beyond the limit. */
  async addRow(cells: readonly (string | number | null)[]): Promise<void> {
    this.#row += 1;
    let xml = `<row r="${this.#row}">`;
    for (const [column, cell] of cells.entries())
      xml += cellXml(cell, `${columnLetters(column)}${this.#row}`);
    this.#pending += `${xml}</row>`;
    if (this.#pending.length >= FLUSH_CHARS) await this.#flush();
  }

  /** Writes what is left and the zip's directory, and closes: the file is whole afterwards. */
  async finish(): Promise<void> {
    this.#pending += "</sheetData></worksheet>";
    await this.#flush();
    this.#deflate.end();
    const storedBytes = await this.#written;
    const sizes = { checksum: this.#checksum, storedBytes, bytes: this.#bytes };
    await this.#writeDirectory({ name: SHEET_PART, method: METHOD_DEFLATED, offset: 0, ...sizes });
    await this.close();
  }

  /** Gives the file back, whole or not. A second close does nothing. */
  async close(): Promise<void> {
    this.#deflate.destroy();
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.from(this.#pending);
    this.#pending = "";
    this.#checksum = crc32(chunk, this.#checksum);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes)
      throw new XlsxError("too_complex", "more rejected than a file can hold");
    if (this.#deflate.destroyed) await this.#written;
    if (!this.#deflate.write(chunk)) await Promise.race([once(this.#deflate, "drain"), this.#written]);
  }

  /** The sheet comes first in the file; its header is written at the end, when its size is known. */
  async #writeDeflated(): Promise<number> {
    const start = localHeaderBytes(SHEET_PART);
    let at = start;
    for await (const chunk of this.#deflate as AsyncIterable<Buffer>) {
      await this.#file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    return at - start;
  }

  async #writeDirectory(sheet: Entry): Promise<void> {
    const entries: Entry[] = [sheet];
    await this.#write(localHeader(sheet), 0);
    let at = localHeaderBytes(sheet.name) + sheet.storedBytes;
    for (const [name, xml] of SMALL_PARTS) {
      const content = Buffer.from(DECLARATION + xml);
      const sizes = { storedBytes: content.length, bytes: content.length, checksum: crc32(content) };
      const entry = { name, method: METHOD_STORED, offset: at, ...sizes };
      at = await this.#write(Buffer.concat([localHeader(entry), content]), at);
      entries.push(entry);
    }
    const directory = Buffer.concat(entries.map(directoryEntry));
    await this.#write(Buffer.concat([directory, directoryEnd(entries.length, directory.length, at)]), at);
  }

  async #write(bytes: Buffer, at: number): Promise<number> {
    await this.#file.write(bytes, 0, bytes.length, at);
    return at + bytes.length;
  }
}

/** What a spreadsheet program may take for a formula when it is typed or pasted, full-width forms included. */
const LIKE_A_FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
// oxlint-disable-next-line no-control-regex -- characters that XML 1.0 cannot hold
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** @param reference `B7`: optional by the standard, but some readers need it. */
function cellXml(cell: string | number | null, reference: string): string {
  if (cell === null || cell === "") return "";
  if (typeof cell === "number") return `<c r="${reference}"><v>${cell}</v></c>`;
  const text = cell
    .replace(NOT_IN_XML, "")
    .replace(/_(?=x[0-9a-fA-F]{4}_)/g, "_x005F_")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
  const style = LIKE_A_FORMULA.test(cell) ? ' s="1"' : "";
  return `<c r="${reference}" t="inlineStr"${style}><is><t${text === text.trim() ? "" : ' xml:space="preserve"'}>${text}</t></is></c>`;
}

function localHeaderBytes(name: string): number {
  return 30 + Buffer.byteLength(name);
}

/** What the local header and the directory's entry have in common (APPNOTE 4.3.7, 4.3.12). */
function commonHeader({ name, method, checksum, storedBytes, bytes }: Entry): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0); // version needed: 2.0
  header.writeUInt16LE(method, 4);
  header.writeUInt16LE(0x21, 8); // 1980-01-01: the same rows give the same file
  header.writeUInt32LE(checksum, 10);
  header.writeUInt32LE(storedBytes, 14);
  header.writeUInt32LE(bytes, 18);
  header.writeUInt16LE(Buffer.byteLength(name), 22);
  return header;
}

function localHeader(entry: Entry): Buffer {
  return Buffer.concat([Buffer.from("504b0304", "hex"), commonHeader(entry), Buffer.from(entry.name)]);
}

function directoryEntry(entry: Entry): Buffer {
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(entry.offset, 10);
  const signature = Buffer.from("504b01021400", "hex");
  return Buffer.concat([signature, commonHeader(entry), tail, Buffer.from(entry.name)]);
}

function directoryEnd(entries: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.write("504b0506", 0, "hex");
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
