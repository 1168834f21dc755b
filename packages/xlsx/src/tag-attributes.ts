import { isNameEnd } from "./xml-text.ts";

const SPACE = 0x20;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const AMPERSAND = 0x26;
const GREATER_THAN = 0x3e;
const LESS_THAN = 0x3c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_H = 0x68;
const LETTER_R = 0x72;
const LETTER_S = 0x73;
const LETTER_T = 0x74;
const DIGIT_1 = 0x31;
const HIDDEN = Buffer.from("hidden");
const TYPES: ReadonlyMap<number, string> = new Map(
  ["b", "d", "e", "n", "s"].map((t) => [t.charCodeAt(0), t]),
);

/** The tag's end has not come. */
export const CUT = -1;
/** The tag is not written as programs write it: somebody else has to read it. */
export const UNUSUAL = -2;

/**
 * The attributes that matter of a `<row>` or `<c>` tag: one object for all tags, filled by one pass over the bytes of
 * each; no string is made of any.
 */
export class TagAttributes {
  /** Where the reference is (`12` of a row, `B12` of a cell); empty without one. */
  refStart = 0;
  refEnd = 0;
  /** Type of a cell if it is one letter, "" without one, `text` for every other. */
  type = "";
  /** Style index of a cell; 0 without one. */
  style = 0;
  /** Of a row. */
  hidden = false;

  /** Reads the tag whose name ends at `from`; answers where its `>` is, {@link CUT} or {@link UNUSUAL}. */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.refStart = 0;
    this.refEnd = 0;
    this.type = "";
    this.style = 0;
    this.hidden = false;
    let at = from;
    for (;;) {
      let byte = bytes[at] ?? 0;
      while (at < to && byte !== GREATER_THAN && isNameEnd(byte)) byte = bytes[++at] ?? 0;
      if (at >= to) return CUT;
      if (byte === GREATER_THAN) return at;
      const name = at;
      while (byte > SPACE && byte !== EQUALS && byte !== GREATER_THAN) byte = bytes[++at] ?? 0;
      if (at + 1 >= to) return CUT;
      const quote = bytes[at + 1] ?? 0;
      if (byte !== EQUALS || at === name || (quote !== QUOTE && quote !== APOSTROPHE)) return UNUSUAL;
      const length = at - name;
      const start = at + 2;
      at = start;
      byte = bytes[at] ?? 0;
      while (byte !== quote && byte !== LESS_THAN && byte !== AMPERSAND && byte !== 0)
        byte = bytes[++at] ?? 0;
      if (at >= to) return CUT;
      if (byte !== quote) return UNUSUAL;
      if (length === 1) this.#set(bytes, start, at);
      else if (length === HIDDEN.length && bytes[name] === LETTER_H) this.#hide(bytes, name, start);
      at += 1;
    }
  }

  #set(bytes: Uint8Array, start: number, end: number): void {
    const name = bytes[start - 3];
    if (name === LETTER_R) {
      this.refStart = start;
      this.refEnd = end;
    } else if (name === LETTER_T) {
      this.type = end === start ? "" : end > start + 1 ? "text" : (TYPES.get(bytes[start] ?? 0) ?? "text");
    } else if (name === LETTER_S) this.style = digitsOf(bytes, start, end);
  }

  #hide(bytes: Uint8Array, name: number, value: number): void {
    if (!HIDDEN.every((letter, i) => bytes[name + i] === letter)) return;
    this.hidden = bytes[value] === DIGIT_1 || bytes[value] === LETTER_T;
  }
}

/** A number of decimal digits; NaN, which is the index of nothing, for anything else. */
function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i++) {
    const code = bytes[i] ?? 0;
    if (code < DIGIT_0 || code > DIGIT_9) return Number.NaN;
    number = number * 10 + (code - DIGIT_0);
  }
  return number;
}
