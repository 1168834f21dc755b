import type { XlsxLimits } from "./limits.ts";
import { decodeParts, findRoot } from "./xml-stream.ts";
import { isNameEnd, richText } from "./xml-text.ts";
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

  /** @throws {too_large} beyond the limits of one string, their number, or their bytes. */
  add(text: string): void {
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
 * @throws {unreadable | too_large}
 */
export async function readSharedStrings(
  chunks: AsyncIterable<Uint8Array>,
  limits: XlsxLimits,
): Promise<SharedStrings> {
  const strings = new SharedStrings(limits);
  let text = "";
  let prefix: string | undefined;
  for await (const chunk of decodeParts(chunks)) {
    text += chunk;
    prefix ??= findRoot(text)?.prefix;
    if (prefix === undefined) continue;
    text = text.slice(addItems(text, prefix, strings));
    if (text.length > limits.maxRowXmlChars) throw new XlsxError("too_large", "a shared string");
  }
  if (prefix === undefined) throw new XlsxError("unreadable", "the shared strings are not XML");
  return strings;
}

/** Adds the items that are whole in `text`; answers where the first that is not begins. */
function addItems(text: string, prefix: string, strings: SharedStrings): number {
  const openTag = `<${prefix}si`;
  const closeTag = `</${prefix}si`;
  let at = 0;
  for (;;) {
    const tag = text.indexOf(openTag, at);
    if (tag === -1) return Math.max(at, text.length - openTag.length);
    const nameEnd = tag + openTag.length;
    if (nameEnd < text.length && !isNameEnd(text.charCodeAt(nameEnd))) {
      at = nameEnd;
      continue;
    }
    const open = text.indexOf(">", nameEnd);
    if (open === -1) return tag;
    if (text[open - 1] === "/") {
      strings.add("");
      at = open + 1;
      continue;
    }
    const close = text.indexOf(closeTag, open);
    if (close === -1 || close + closeTag.length >= text.length) return tag;
    strings.add(richText(text, { start: open + 1, end: close, prefix }));
    at = close + closeTag.length;
  }
}
