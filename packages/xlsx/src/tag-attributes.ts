import { isNameEnd } from "./xml-text.ts";

const EQUALS = 0x3d;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_R = 0x72;
const LETTER_S = 0x73;
const LETTER_T = 0x74;
const TYPES: ReadonlyMap<number, string> = new Map(
  ["b", "d", "e", "n", "s"].map((t) => [t.charCodeAt(0), t]),
);

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

  /** Reads the tag whose name ends at `from` and whose `>` is at `to`. */
  read(bytes: Uint8Array, from: number, to: number): void {
    this.refStart = 0;
    this.refEnd = 0;
    this.type = "";
    this.style = 0;
    let at = from;
    while (at < to) {
      while (at < to && isNameEnd(bytes[at] ?? 0)) at++;
      const name = at;
      while (at < to && bytes[at] !== EQUALS) at++;
      const quote = bytes[at + 1];
      if (at >= to || (quote !== QUOTE && quote !== APOSTROPHE)) return;
      const value = at + 2;
      let end = value;
      while (end < to && bytes[end] !== quote) end++;
      if (end >= to) return;
      if (at === name + 1) this.#set(bytes, value, end);
      at = end + 1;
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
