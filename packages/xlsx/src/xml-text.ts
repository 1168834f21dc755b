const NAMED: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));|&/g;

/**
 * The characters that text without any markup stands for: predefined and numeric references, line ends (XML 1.0, 2.11).
 * Null where it has a reference that XML does not know.
 */
export function decodeXml(raw: string): string | null {
  const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
  if (!text.includes("&")) return text;
  let known = true;
  const decoded = text.replace(REFERENCE, (_, hex, decimal, name) => {
    const character = name === undefined ? characterOf(hex, decimal) : NAMED.get(name);
    known &&= character !== undefined;
    return character ?? "";
  });
  return known ? decoded : null;
}

function characterOf(hex: string | undefined, decimal: string | undefined): string | undefined {
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const character = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
  return character ? String.fromCodePoint(point) : undefined;
}

/**
 * A cell's text from its XML text: `_xHHHH_` stands for a character that XML cannot hold (ECMA-376, 22.9.2.19), and a
 * line ends with a line feed, however the program wrote it.
 */
export function cellText(text: string): string {
  const decoded = text.includes("_x")
    ? text.replace(/_x([0-9a-fA-F]{4})_/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
  return decoded.includes("\r") ? decoded.replace(/\r\n?/g, "\n") : decoded;
}

/** Whether a character ends an element's name: white space, `/` or `>`. */
export function isNameEnd(code: number): boolean {
  return code === 0x3e || code === 0x20 || code === 0x2f || (code >= 0x09 && code <= 0x0d);
}
