/*
 * Number formats (ECMA-376, 18.8.30 and 18.8.31), as far as they say what a number is: a date, or digits among letters
 * as in `00000000`, `"S-"0000`, `0"반"`, `000-0000-0000`. All others show a number in a way that means no more than itself.
 */

/** A number that a format shows as a date or a time of day. */
export const AS_DATE = Symbol("date");

/** What a format makes of a number: the text it shows, {@link AS_DATE}, or null where the number stands for itself. */
export type NumberFormat = (number: number) => string | typeof AS_DATE | null;

/** No longer one is taken; a longer one is General. */
const MAX_FORMAT_CHARS = 255;
const DATE: NumberFormat = () => AS_DATE;

/** Built-in formats that show a date or a time of day, those of East Asian editions too; undefined: General and its like. */
export function builtInFormat(id: number): NumberFormat | undefined {
  const date =
    (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || id === 45 || id === 47 || (id >= 50 && id <= 58);
  return date ? DATE : undefined;
}

/** One of the up to four parts of a code that semicolons separate. */
interface Section {
  kind: "date" | "digits" | "other";
  readonly condition: ((number: number) => boolean) | null;
  /** Literal texts and digit placeholders (`0`, `#`) in their order. */
  readonly marks: readonly { readonly digit: boolean; readonly text: string }[];
}

/** Reads a custom format code; undefined: it shows numbers as they are. */
export function customFormat(code: string): NumberFormat | undefined {
  if (code.length > MAX_FORMAT_CHARS) return undefined;
  const sections = sectionsOf(code);
  const [first] = sections;
  if (first === undefined || sections.every(({ kind }) => kind === "other")) return undefined;
  if (sections.length === 1 && first.kind === "date") return DATE;
  const conditional = sections.some(({ condition }) => condition !== null);
  return (number) => {
    const section = conditional
      ? (sections.find(({ condition }) => condition?.(number)) ??
        sections.find(({ condition }) => condition === null))
      : (sections[number < 0 ? 1 : number === 0 ? 2 : 0] ?? first);
    if (section === undefined || section.kind === "other") return null;
    if (section.kind === "date") return AS_DATE;
    const signed = section === first && !conditional && number < 0;
    return Number.isSafeInteger(number)
      ? (signed ? "-" : "") + withDigits(section, String(Math.abs(number)))
      : null;
  };
}

/** Puts digits into their places from the right; those that are left over go before the first place. */
function withDigits({ marks }: Section, digits: string): string {
  const places = marks.filter(({ digit }) => digit).length;
  let left = digits.length > places ? digits.slice(0, digits.length - places) : "";
  const padded = digits.padStart(places, "\0").slice(-places);
  let place = 0;
  let shown = "";
  for (const { digit, text } of marks) {
    if (!digit) {
      shown += text;
      continue;
    }
    const next = padded[place++] ?? "";
    shown += left + (next === "\0" ? (text === "0" ? "0" : "") : next);
    left = "";
  }
  return shown;
}

/** One pass over the code, character by character: a pattern would cost the square of a hostile code's length. */
function sectionsOf(code: string): Section[] {
  const sections: Section[] = [];
  let reader = new SectionReader();
  for (let at = 0; at < code.length;) {
    if (code[at] === ";") {
      sections.push(reader.section());
      reader = new SectionReader();
      at += 1;
    } else at = reader.take(code, at);
  }
  sections.push(reader.section());
  return sections.slice(0, 3); // the fourth is for texts
}

class SectionReader {
  readonly #marks: { digit: boolean; text: string }[] = [];
  #condition: ((number: number) => boolean) | null = null;
  /** It has letters of a date, outside quotes and brackets. */
  #date = false;
  /** It has what only calculates or rounds: thousands, decimals, percent, fractions, exponents. */
  #arithmetic = false;
  /** It stands for numbers whatever else it has: General, elapsed time. */
  #number = false;

  /** Takes the token at a position; answers where the next begins. */
  take(code: string, at: number): number {
    const character = code[at] ?? "";
    if (character === '"') return this.#literal(code, at + 1, endOf(code, '"', at + 1));
    if (character === "[") return this.#bracket(code, at + 1, endOf(code, "]", at + 1));
    if (character === "\\") return this.#literal(code, at + 1, at + 2) - 1;
    if (character === "_" || character === "*") {
      if (character === "_") this.#mark(false, " ");
      return at + 2;
    }
    if (/^general/i.test(code.slice(at, at + 7))) return this.#plain(at + 7);
    const half = /^(?:am\/pm|a\/p|오전\/오후)/i.exec(code.slice(at, at + 5))?.[0];
    if (half !== undefined) {
      this.#date = true;
      return at + half.length;
    }
    if (character === "0" || character === "#") this.#mark(true, character);
    else if (/[ymdhs]/i.test(character)) this.#date = true;
    else if (/[.,%?/@e]/i.test(character)) this.#arithmetic = true;
    else this.#mark(false, character);
    return at + 1;
  }

  section(): Section {
    const marks = this.#marks;
    const places = marks.filter(({ digit }) => digit);
    // A code that only rounds (`0`, `#`, `-0`) says nothing that the number does not.
    const says =
      places.length > 1
        ? places.some(({ text }) => text === "0")
        : marks.some(({ digit, text }) => !digit && /[\p{L}\p{N}]/u.test(text));
    const digits = !this.#arithmetic && places.length > 0 && says;
    const kind = this.#number ? "other" : this.#date ? "date" : digits ? "digits" : "other";
    return { kind, condition: this.#condition, marks };
  }

  #mark(digit: boolean, text: string): void {
    this.#marks.push({ digit, text });
  }

  #literal(code: string, from: number, to: number): number {
    this.#mark(false, code.slice(from, to));
    return to + 1;
  }

  #plain(next: number): number {
    this.#number = true;
    return next;
  }

  /** Colours and locales say nothing; elapsed time (`[h]`) is a number; conditions choose the section. */
  #bracket(code: string, from: number, to: number): number {
    const inside = code.slice(from, to);
    const [, operator, limit] = /^(<=|>=|<>|<|>|=)\s?(-?\d{1,15}(?:\.\d{1,15})?)$/.exec(inside) ?? [];
    if (/^(?:h+|m+|s+)$/i.test(inside)) this.#number = true;
    else if (/^dbnum/i.test(inside)) this.#arithmetic = true;
    else if (inside.startsWith("$")) this.#currency(inside);
    else if (operator !== undefined) this.#condition = conditionOf(operator, Number(limit));
    return to + 1;
  }

  /** `[$₩-412]` shows its sign, `[$-412]` nothing. */
  #currency(inside: string): void {
    if (inside.slice(1).split("-", 1)[0] !== "") this.#arithmetic = true;
  }
}

function endOf(code: string, character: string, from: number): number {
  const at = code.indexOf(character, from);
  return at === -1 ? code.length : at;
}

function conditionOf(operator: string, limit: number): (number: number) => boolean {
  switch (operator) {
    case "<":
      return (number) => number < limit;
    case "<=":
      return (number) => number <= limit;
    case ">":
      return (number) => number > limit;
    case ">=":
      return (number) => number >= limit;
    case "<>":
      return (number) => number !== limit;
    default:
      return (number) => number === limit;
  }
}
