import { isNameEnd } from "./xml-text.ts";

const EQUALS = 0x3d;
const LETTER_R = 0x72;
const LETTER_S = 0x73;
const LETTER_T = 0x74;

/** The attributes that matter of a `<row>` or `<c>` tag: one object for all tags, filled by one pass over each. */
export class TagAttributes {
  /** Reference: `12` of a row, `B12` of a cell; "" without one. */
  r = "";
  /** Type of a cell; "" without one. */
  t = "";
  /** Style index of a cell; 0 without one. */
  s = 0;

  /** Reads the tag whose name ends at `from` and whose `>` is at `to`. */
  read(text: string, from: number, to: number): void {
    this.r = "";
    this.t = "";
    this.s = 0;
    let at = from;
    while (at < to) {
      while (at < to && isNameEnd(text.charCodeAt(at))) at++;
      const name = at;
      while (at < to && text.charCodeAt(at) !== EQUALS) at++;
      const quote = text.charAt(at + 1);
      if (at >= to || (quote !== '"' && quote !== "'")) return;
      const value = at + 2;
      const end = text.indexOf(quote, value);
      if (end === -1 || end > to) return;
      if (at === name + 1) this.#set(text.charCodeAt(name), text.slice(value, end));
      at = end + 1;
    }
  }

  #set(name: number, value: string): void {
    if (name === LETTER_R) this.r = value;
    else if (name === LETTER_T) this.t = value;
    else if (name === LETTER_S) this.s = Number(value);
  }
}
