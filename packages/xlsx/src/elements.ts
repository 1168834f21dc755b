import { MainXml, type Attributes } from "./main-xml.ts";
import { CUT, TagAttributes, UNUSUAL } from "./tag-attributes.ts";
import { isNameEnd } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

/**
 * A piece of XML in UTF-8, and the same bytes as a string of one character each (Latin-1): a position is the same in
 * both. The string is quick to search and to cut, the bytes to look at one by one; only text that is not ASCII is decoded.
 */
export interface XmlPiece {
  readonly bytes: Buffer;
  readonly text: string;
}

/** A whole element in a piece. */
export interface PlainElement extends XmlPiece {
  /** Its attributes; valid until the next element. */
  readonly attributes: TagAttributes;
  /** Its content: behind its tag, and before its end tag. */
  readonly from: number;
  readonly to: number;
  /** Of the main namespace, with its colon; usually empty. */
  readonly prefix: string;
}

export interface ElementsOptions {
  /** Names of the elements around those that are wanted, from the root on: `worksheet`, `sheetData`. */
  readonly path: readonly string[];
  /** Name of the wanted elements: `row`. */
  readonly name: string;
  /** Bytes of one element's XML. */
  readonly maxElementBytes: number;
  /** Takes a wanted element. False: it is not written as programs usually write it; then nothing of it was taken. */
  readonly plain: (element: PlainElement) => boolean;
  /** Told of all elements that are not taken plain, inside and outside the wanted ones. */
  readonly open: (name: string, attributes: Attributes, depth: number) => void;
  readonly close: (name: string, depth: number) => void;
  readonly text: (text: string) => void;
}

const SLASH = 0x2f;
const LESS_THAN = 0x3c;
const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * Reads the many equal elements of a part (rows of a sheet, shared strings) as its bytes arrive. States: `head`, parsed,
 * until the elements' parent opens → `plain`: elements are cut out by searching for their ends, several times as
 * quick → `parsed`, for good, from the first thing on that is anything but a plain element: a comment, CDATA, another
 * namespace, an odd spelling, the parent's end. One parser sees all that is not plain, so it knows every namespace, and
 * a plain element has no markup in it but tags and attributes. At most one element and one chunk are held.
 */
export class Elements {
  readonly #options: ElementsOptions;
  readonly #parser: MainXml;
  #state: "head" | "plain" | "parsed" = "head";
  /** Number of the path's elements that are open. */
  #onPath = 0;
  #prefix = "";
  #piece: XmlPiece = { bytes: NO_BYTES, text: "" };
  /** Chunks behind the piece: put to it when they are as long as it is, so that a long element is copied a few times only. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #room: Buffer = NO_BYTES;
  #marks = new MarkupMarks();
  readonly #attributes = new TagAttributes();

  constructor(options: ElementsOptions) {
    this.#options = options;
    this.#parser = new MainXml(
      {
        open: (name, attributes, depth) => this.#opened(name, attributes, depth),
        close: (name, depth) => this.#closed(name, depth),
        text: (text) => options.text(text),
      },
      options.maxElementBytes,
    );
  }

  /**
   * Takes the next bytes: UTF-8, no character cut.
   * @throws {unreadable | too_large | too_complex}
   */
  push(chunk: Buffer): void {
    if (this.#state === "parsed") {
      this.#parser.write(chunk.toString("utf8"));
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= this.#piece.bytes.length) this.#take();
  }

  /** @throws {unreadable} when the part ended too early. */
  finish(): void {
    if (this.#waitingBytes > 0) this.#take();
    if (this.#state !== "parsed") this.#parse(0);
    this.#parser.finish();
  }

  #take(): void {
    this.#hold(this.#joined());
    if (this.#state === "head") this.#takeHead();
    if (this.#state === "plain") this.#takePlain();
  }

  /** What is held and what waits in one piece of memory, the same each time: nothing outlives its piece. */
  #joined(): Buffer {
    const held = this.#piece.bytes;
    const length = held.length + this.#waitingBytes;
    const room = length > this.#room.length ? Buffer.allocUnsafeSlow(length * 2) : this.#room;
    room.set(held, 0); // may lie in the same memory: moved as if through a copy
    let at = held.length;
    for (const chunk of this.#waiting) {
      room.set(chunk, at);
      at += chunk.length;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#room = room;
    return room.subarray(0, length);
  }

  #hold(bytes: Buffer): void {
    this.#piece = { bytes, text: bytes.toString("latin1") };
    this.#marks = new MarkupMarks();
  }

  /** Feeds the parser tag by tag, so that it stands right behind the parent's tag when the plain elements begin. */
  #takeHead(): void {
    const { bytes, text } = this.#piece;
    let at = 0;
    while (this.#state === "head") {
      const tagEnd = text.indexOf(">", at);
      if (tagEnd === -1) break;
      this.#parser.write(bytes.toString("utf8", at, tagEnd + 1));
      at = tagEnd + 1;
      if (this.#onPath < this.#options.path.length) continue;
      const tag = text.lastIndexOf("<", tagEnd);
      const name = text.indexOf(this.#options.path.at(-1) ?? "", tag);
      this.#prefix = text.slice(tag + 1, name);
      this.#state = "plain";
    }
    if (this.#state === "head" && bytes.length - at > this.#options.maxElementBytes)
      throw new XlsxError("too_complex", "an endless tag");
    this.#hold(bytes.subarray(at));
  }

  #opened(name: string, attributes: Attributes, depth: number): void {
    const { path, open } = this.#options;
    if (this.#state !== "head") open(name, attributes, depth);
    else if (depth === this.#onPath && path[depth] === name) this.#onPath += 1;
    else if (depth === 0)
      throw new XlsxError("unreadable", `a part begins with ${name}, not ${path[0] ?? ""}`);
  }

  #closed(name: string, depth: number): void {
    if (this.#state !== "head") this.#options.close(name, depth);
    else if (depth < this.#onPath) this.#state = "parsed"; // the parent was empty, or is missing
  }

  #takePlain(): void {
    const { bytes, text } = this.#piece;
    const openTag = `<${this.#prefix}${this.#options.name}`;
    const endTag = `</${this.#prefix}${this.#options.name}`;
    let at = 0;
    for (;;) {
      const tag = text.indexOf("<", at);
      if (tag === -1) return this.#keep(text.length);
      const nameEnd = tag + openTag.length;
      if (text.length <= nameEnd) return this.#keep(tag); // may be cut within the name
      if (!text.startsWith(openTag, tag) || !isNameEnd(bytes[nameEnd] ?? 0)) return this.#parse(tag);
      const from = this.#attributes.read(bytes, nameEnd, bytes.length);
      if (from === CUT) return this.#keep(tag);
      if (from === UNUSUAL) return this.#parse(tag);
      const empty = bytes[from - 1] === SLASH;
      const to = empty ? from : endTagAt(text, endTag, from);
      const end = empty ? from : to === -1 ? -1 : text.indexOf(">", to);
      if (end === -1) return this.#keep(tag);
      if (end - tag > this.#options.maxElementBytes)
        throw new XlsxError("too_large", `a ${this.#options.name}`);
      if (this.#marks.within(this.#piece, tag, end)) return this.#parse(tag);
      const content = { from: empty ? from : from + 1, to, prefix: this.#prefix };
      if (!this.#options.plain({ bytes, text, attributes: this.#attributes, ...content }))
        return this.#parse(tag);
      at = end + 1;
    }
  }

  #keep(from: number): void {
    this.#hold(this.#piece.bytes.subarray(from));
    if (this.#piece.bytes.length > this.#options.maxElementBytes)
      throw new XlsxError("too_large", `a ${this.#options.name}`);
  }

  /** Hands over to the parser for good, from a position in the piece on. */
  #parse(from: number): void {
    const { bytes } = this.#piece;
    this.#state = "parsed";
    this.#piece = { bytes: NO_BYTES, text: "" };
    this.#parser.write(bytes.toString("utf8", from));
  }
}

/** Searches an end tag by its last two letters: they are seldom elsewhere, whereas every tag begins as it does. */
function endTagAt(text: string, endTag: string, from: number): number {
  const before = endTag.length - 2;
  const tail = endTag.slice(before);
  let at = from + before;
  for (;;) {
    const found = text.indexOf(tail, at);
    if (found === -1 || text.startsWith(endTag, found - before)) return found === -1 ? -1 : found - before;
    at = found + 1;
  }
}

/** Where a piece has what no plain element has: `<!`, `<?` and declarations of namespaces. Each is searched once. */
class MarkupMarks {
  #mark = -1;
  #query = -1;
  #namespace = -1;

  within({ bytes, text }: XmlPiece, from: number, to: number): boolean {
    if (this.#mark < from) this.#mark = behindLessThan(text, bytes, "!", from);
    if (this.#query < from) this.#query = behindLessThan(text, bytes, "?", from);
    if (this.#namespace < from) this.#namespace = orEnd(text, text.indexOf("xmlns", from));
    return this.#mark < to || this.#query < to || this.#namespace < to;
  }
}

function behindLessThan(text: string, bytes: Buffer, character: "!" | "?", from: number): number {
  for (let at = text.indexOf(character, from); at !== -1; at = text.indexOf(character, at + 1)) {
    if (bytes[at - 1] === LESS_THAN) return at;
  }
  return text.length;
}

function orEnd(text: string, at: number): number {
  return at === -1 ? text.length : at;
}
