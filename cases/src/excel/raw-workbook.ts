import { makeZip } from "../../../packages/xlsx/test/zip-fixture.ts";

/*
 * Writes small .xlsx files part by part, so that a case can have any trait of XML or zip.
 */

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
export const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships";
const CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml";
export const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A cell of which everything is said: gets its reference, answers its XML. */
export type RawCell = (reference: string) => string;
export type Cell = string | number | null | RawCell;
export type Row = readonly Cell[] | null;
export type Parts = Readonly<Record<string, string | Buffer>>;

export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A number with a style: style n has the book's format n, from 1. */
export const styled =
  (value: number | string, style: number): RawCell =>
  (reference) =>
    `<c r="${reference}" s="${style}"><v>${value}</v></c>`;

export const textCell = (reference: string, text: string): string =>
  `<c r="${reference}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`;

function cellXml(reference: string, cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "function") return cell(reference);
  return typeof cell === "number" ? `<c r="${reference}"><v>${cell}</v></c>` : textCell(reference, cell);
}

/** Rows from `first` on, from 1; a null is a row that the file does not have. */
export function rowsXml(rows: readonly Row[], first = 1): string {
  return rows
    .map((cells, i) => {
      const row = first + i;
      const xml = cells?.map((cell, column) => cellXml(`${String.fromCharCode(65 + column)}${row}`, cell));
      return xml === undefined ? "" : `<row r="${row}">${xml.join("")}</row>`;
    })
    .join("");
}

/** A sheet around its rows' XML. */
export function sheetXml(data: string, { before = "", after = "" } = {}): string {
  return `${DECLARATION}<worksheet xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}">${before}<sheetData>${data}</sheetData>${after}</worksheet>`;
}

function stylesXml(formats: readonly (string | number)[]): string {
  const ids = formats.map((format, i) => (typeof format === "number" ? format : 165 + i));
  const custom = formats.flatMap((format, i) =>
    typeof format === "number" ? [] : `<numFmt numFmtId="${ids[i]}" formatCode="${escapeXml(format)}"/>`,
  );
  const numFmts = custom.length === 0 ? "" : `<numFmts count="${custom.length}">${custom.join("")}</numFmts>`;
  const xf = (id: number): string => `<xf numFmtId="${id}" fontId="0" fillId="0" borderId="0" xfId="0"/>`;
  return (
    `${DECLARATION}<styleSheet xmlns="${MAIN}">${numFmts}<fonts count="1"><font/></fonts>` +
    `<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>` +
    `<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="${ids.length + 1}">${[0, ...ids].map(xf).join("")}</cellXfs></styleSheet>`
  );
}

export interface BookOptions {
  /** Number formats: a code, or the id of a built-in one. */
  readonly formats?: readonly (string | number)[];
  readonly shared?: readonly string[];
  readonly date1904?: boolean;
  readonly names?: readonly string[];
  readonly states?: readonly string[];
}

/** The parts of a workbook of these sheets. */
export function bookParts(sheets: readonly string[], options: BookOptions = {}): Record<string, string> {
  const { formats = [], shared, date1904 = false, names = [], states = [] } = options;
  const part = (i: number): string => `worksheets/sheet${i + 1}.xml`;
  const override = (name: string, type: string): string =>
    `<Override PartName="/xl/${name}" ContentType="${CONTENT}.${type}+xml"/>`;
  const relation = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${RELATIONSHIPS}/${type}" Target="${target}"/>`;
  const sheetTags = sheets.map(
    (_, i) =>
      `<sheet name="${escapeXml(names[i] ?? `Sheet${i + 1}`)}" sheetId="${i + 1}" state="${states[i] ?? "visible"}" r:id="rId${i + 1}"/>`,
  );
  const strings = shared?.map((text) => `<si><t xml:space="preserve">${escapeXml(text)}</t></si>`);
  return {
    "[Content_Types].xml":
      `${DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
      `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
      override("workbook.xml", "sheet.main") +
      sheets.map((_, i) => override(part(i), "worksheet")).join("") +
      override("styles.xml", "styles") +
      (shared === undefined ? "" : override("sharedStrings.xml", "sharedStrings")) +
      "</Types>",
    "_rels/.rels": `${DECLARATION}<Relationships xmlns="${PACKAGE}">${relation("rId1", "officeDocument", "xl/workbook.xml")}</Relationships>`,
    "xl/workbook.xml":
      `${DECLARATION}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}">` +
      (date1904 ? '<workbookPr date1904="1"/>' : "") +
      `<sheets>${sheetTags.join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels":
      `${DECLARATION}<Relationships xmlns="${PACKAGE}">` +
      sheets.map((_, i) => relation(`rId${i + 1}`, "worksheet", part(i))).join("") +
      relation("rIdS", "styles", "styles.xml") +
      (shared === undefined ? "" : relation("rIdT", "sharedStrings", "sharedStrings.xml")) +
      "</Relationships>",
    "xl/styles.xml": stylesXml(formats),
    ...(strings === undefined
      ? {}
      : { "xl/sharedStrings.xml": `${DECLARATION}<sst xmlns="${MAIN}">${strings.join("")}</sst>` }),
    ...Object.fromEntries(sheets.map((xml, i) => [`xl/${part(i)}`, xml])),
  };
}

export interface ZipOptions {
  readonly stored?: boolean;
  readonly comment?: string;
}

/** A zip of entries in this order; one name may come twice. */
export function zip(
  entries: readonly (readonly [string, string | Buffer])[],
  { stored = false, comment = "" }: ZipOptions = {},
): Buffer {
  return makeZip(
    entries.map(([name, content]) => ({ name, content, stored })),
    comment,
  );
}

export const zipParts = (parts: Parts, options: ZipOptions = {}): Buffer =>
  zip(Object.entries(parts), options);

/** A whole workbook of one sheet. */
export function book(
  rows: readonly Row[],
  options: BookOptions & { readonly before?: string; readonly after?: string } = {},
): Buffer {
  return zipParts(bookParts([sheetXml(rowsXml(rows), options)], options));
}
