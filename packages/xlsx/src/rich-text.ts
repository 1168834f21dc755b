import type { XmlPiece } from "./elements.ts";
import { decodeXml } from "./xml-text.ts";

const MAX_ASCII = 0x7f;

/**
 * Reads the text of `<si>` and `<is>` as programs write it: one `<t>`, or runs of rich text (`<r>`) whose texts are joined;
 * properties and phonetic guides (`<rPh>`) are no part of it.
 */
export class RichText {
  readonly #open: readonly string[];
  readonly #end: string;
  /** Tags that are passed over alone, and elements that are passed over with what they hold. */
  readonly #tags: readonly string[];
  readonly #elements: readonly (readonly [start: string, end: string])[];

  /** @param prefix of the main namespace with its colon, usually empty. */
  constructor(prefix: string) {
    this.#open = [`<${prefix}t>`, `<${prefix}t xml:space="preserve">`];
    this.#end = `</${prefix}t>`;
    this.#tags = [
      `<${prefix}r>`,
      `</${prefix}r>`,
      `<${prefix}rPr/>`,
      `<${prefix}t/>`,
      `<${prefix}t xml:space="preserve"/>`,
    ];
    this.#elements = [
      [`<${prefix}rPr>`, `</${prefix}rPr>`],
      [`<${prefix}rPh `, `</${prefix}rPh>`],
      [`<${prefix}phoneticPr `, "/>"],
    ];
  }

  /** The text between two positions, references decoded; null when it is written in another way. */
  read(piece: XmlPiece, from: number, to: number): string | null {
    let text = "";
    let at = from;
    while (at < to) {
      const open = this.#open.find((tag) => piece.text.startsWith(tag, at));
      if (open === undefined) {
        at = this.#passOver(piece.text, at, to);
        if (at === -1) return null;
        continue;
      }
      const start = at + open.length;
      const end = piece.text.indexOf("<", start);
      if (!piece.text.startsWith(this.#end, end)) return null;
      const part = decodeXml(rawText(piece, start, end));
      if (part === null) return null;
      text = text === "" ? part : text + part;
      at = end + this.#end.length;
    }
    return text;
  }

  /** Behind what is no text; -1 when it is unknown. */
  #passOver(text: string, at: number, to: number): number {
    const tag = this.#tags.find((each) => text.startsWith(each, at));
    if (tag !== undefined) return at + tag.length;
    const [start, end] = this.#elements.find(([each]) => text.startsWith(each, at)) ?? [];
    if (start === undefined || end === undefined) return -1;
    const close = text.indexOf(end, at + start.length);
    return close === -1 || close > to ? -1 : close + end.length;
  }
}

/** The text between two positions as it is written; only what is not ASCII is decoded. */
function rawText({ bytes, text }: XmlPiece, start: number, end: number): string {
  let bits = 0;
  for (let at = start; at < end; at++) bits |= bytes[at] ?? 0;
  return bits > MAX_ASCII ? bytes.toString("utf8", start, end) : text.slice(start, end);
}
