import type { XlsxLimits } from "./limits.ts";
import { Elements } from "./elements.ts";
import { RichText } from "./rich-text.ts";
import { utf8Parts } from "./xml-stream.ts";
import { cellText } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

/** Decoded strings kept by index modulo this: columns with few distinct values then cost no decoding. */
const CACHE_SLOTS = 4_096;

/**
 * A workbook's shared strings: their UTF-8 in one Buffer and where each ends, so that a million strings cost the
 * garbage collector nothing.
 */
export class SharedStrings {
  #bytes = Buffer.allocUnsafe(65_536);
  #ends = new Uint32Array(4_096);
  #count = 0;
  readonly #cachedIndex = new Int32Array(CACHE_SLOTS).fill(-1);
  readonly #cached: string[] = Array.from({ length: CACHE_SLOTS }, () => "");
  readonly #limits: XlsxLimits;

  constructor(limits: XlsxLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /** @throws {unreadable} when there is no string of that index. */
  get(index: number): string {
    const slot = index & (CACHE_SLOTS - 1);
    if (this.#cachedIndex[slot] === index) return this.#cached[slot] ?? "";
    if (!(index >= 0 && index < this.#count)) throw new XlsxError("unreadable", "no such shared string");
    const text = this.#bytes.toString("utf8", index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
    this.#cachedIndex[slot] = index;
    this.#cached[slot] = text;
    return text;
  }

  /**
   * Adds a string by its XML text, references decoded.
   * @throws {too_large} beyond the limits of one string, their number, or their bytes.
   */
  add(xmlText: string): void {
    const text = cellText(xmlText);
    const { maxCellChars, maxSharedStrings, maxSharedStringBytes } = this.#limits;
    if (text.length > maxCellChars) throw new XlsxError("too_large", `a string of ${text.length} characters`);
    if (this.#count === maxSharedStrings) throw new XlsxError("too_large", "too many shared strings");
    const start = this.#count === 0 ? 0 : (this.#ends[this.#count - 1] ?? 0);
    const needed = start + text.length * 3;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, needed);
    if (this.#count === this.#ends.length) {
      const ends = new Uint32Array(this.#ends.length * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    const end = start + this.#bytes.write(text, start, "utf8");
    if (end > maxSharedStringBytes) throw new XlsxError("too_large", "too many bytes of shared strings");
    this.#ends[this.#count++] = end;
  }
}

function grown(bytes: Buffer<ArrayBuffer>, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.max(needed, bytes.length * 2));
  bytes.copy(larger);
  return larger;
}

/**
 * Reads `sharedStrings.xml`.
 * @throws {unreadable | too_large | too_complex}
 */
export async function readSharedStrings(
  chunks: AsyncIterable<Buffer>,
  limits: XlsxLimits,
): Promise<SharedStrings> {
  const strings = new SharedStrings(limits);
  const rich = new Map<string, RichText>();
  const parsed = new ParsedString((text) => strings.add(text));
  const elements = new Elements({
    path: ["sst"],
    name: "si",
    maxElementBytes: limits.maxElementBytes,
    plain: (element) => {
      const { prefix, from, to } = element;
      const reader = rich.get(prefix) ?? new RichText(prefix);
      rich.set(prefix, reader);
      const text = reader.read(element, from, to);
      if (text !== null) strings.add(text);
      return text !== null;
    },
    open: (name, _, depth) => parsed.open(name, depth),
    close: (name, depth) => parsed.close(name, depth),
    text: (text) => parsed.text(text),
  });
  for await (const chunk of utf8Parts(chunks)) elements.push(chunk);
  elements.finish();
  return strings;
}

/** One string as the parser tells it. */
class ParsedString {
  readonly #done: (text: string) => void;
  #string = "";
  #inText = false;
  #inPhonetic = false;

  constructor(done: (text: string) => void) {
    this.#done = done;
  }

  open(name: string, depth: number): void {
    if (depth === STRING_DEPTH && name === "si") this.#string = "";
    if (name === "rPh") this.#inPhonetic = true;
    this.#inText = name === "t";
  }

  text(text: string): void {
    if (this.#inText && !this.#inPhonetic) this.#string += text;
  }

  close(name: string, depth: number): void {
    this.#inText = false;
    if (name === "rPh") this.#inPhonetic = false;
    if (depth === STRING_DEPTH && name === "si") this.#done(this.#string);
  }
}

/** Strings lie in the root. */
const STRING_DEPTH = 1;
