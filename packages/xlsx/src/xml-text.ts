import { TextDecoder } from "node:util";
import { XlsxError } from "./xlsx-error.ts";

const NAMED: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * The characters that a piece of XML content stands for: predefined and numeric references, CDATA, line ends
 * (XML 1.0, 2.11). There are no other entities, for a DOCTYPE is refused; an unknown reference stays as it is.
 */
export function decodeXml(raw: string): string {
  let text = raw;
  if (text.includes("\r")) text = text.replace(/\r\n?/g, "\n");
  if (text.includes("<![CDATA[")) return decodeCdata(text);
  return text.includes("&") ? decodeReferences(text) : text;
}

function decodeCdata(text: string): string {
  return text
    .split(/(<!\[CDATA\[[\s\S]*?\]\]>)/)
    .map((piece) => (piece.startsWith("<![CDATA[") ? piece.slice(9, -3) : decodeReferences(piece)))
    .join("");
}

function decodeReferences(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return NAMED.get(name) ?? whole;
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}

/** A cell's string: besides XML's references, `_xHHHH_` stands for a character that XML cannot hold (ECMA-376, 22.9.2.19). */
export function decodeCellText(raw: string): string {
  const text = decodeXml(raw);
  return text.includes("_x")
    ? text.replace(/_x([0-9a-fA-F]{4})_/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}

/**
 * Joins the `<t>` texts between two positions, as of `<si>` and `<is>`: plain, or runs of rich text; phonetic
 * guides (`<rPh>`) are not part of the text.
 * @param prefix of the sheet's namespace with its colon, usually empty.
 */
export function richText(
  xml: string,
  { start, end, prefix }: { start: number; end: number; prefix: string },
): string {
  let text = "";
  let at = start;
  for (;;) {
    const tag = xml.indexOf("<", at);
    if (tag === -1 || tag >= end) return text;
    const name = tag + 1 + prefix.length;
    if (xml.startsWith("rPh", name)) {
      at = closeOf(xml, `</${prefix}rPh`, tag, end);
      continue;
    }
    const open = xml.indexOf(">", tag) + 1;
    if (open === 0 || open > end) throw new XlsxError("unreadable", "a tag without its end");
    at = open;
    if (xml.charCodeAt(name) !== LETTER_T || !isNameEnd(xml.charCodeAt(name + 1))) continue;
    if (xml.charCodeAt(open - 2) === SLASH) continue;
    const close = closeOf(xml, prefix === "" ? "</t" : `</${prefix}t`, open, end);
    text += decodeCellText(xml.slice(open, close));
    at = close + 1;
  }
}

const SLASH = 0x2f;
const LETTER_T = 0x74;

function closeOf(xml: string, tag: string, from: number, end: number): number {
  const at = xml.indexOf(tag, from);
  if (at === -1 || at > end) throw new XlsxError("unreadable", `no ${tag}>`);
  return at;
}

/** Whether a character ends an element's name: white space, `/` or `>`. */
export function isNameEnd(code: number): boolean {
  return code === 0x3e || code === 0x20 || code === SLASH || (code >= 0x09 && code <= 0x0d);
}

/** Decodes a part's bytes: UTF-8, or UTF-16 where a byte order mark says so. */
export function xmlDecoder(firstBytes: Uint8Array): TextDecoder {
  const [a, b] = firstBytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le");
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder("utf-8");
}
