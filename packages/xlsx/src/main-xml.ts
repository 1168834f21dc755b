import { SaxesParser, type SaxesTagNS } from "saxes";
import { XlsxError } from "./xlsx-error.ts";

/** The main namespaces of transitional and of strict documents. */
const MAIN = new Set([
  "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
  "http://purl.oclc.org/ooxml/spreadsheetml/main",
]);
const COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006";
/** A parser looks through all open elements for a prefix: deep nesting would cost the square of its depth. */
const MAX_DEPTH = 64;

/** Attributes by their local name; `r:id` of a sheet is found as `relationship id`. */
export type Attributes = ReadonlyMap<string, string>;

export interface MainHandlers {
  /** @param depth number of main elements that are open around it. */
  readonly open?: (name: string, attributes: Attributes, depth: number) => void;
  readonly close?: (name: string, depth: number) => void;
  /** Text and CDATA, references decoded; in pieces. */
  readonly text?: (text: string) => void;
}

/**
 * Parses a part as XML defines it and tells its main elements: those of the root's namespace, whatever their prefix.
 * Elements of other namespaces (extensions) are passed over with all they hold; of alternatives the fallback counts, for
 * no extension is understood here. A DOCTYPE is refused, so there is no entity to expand.
 */
export class MainXml {
  readonly #parser = new SaxesParser({ xmlns: true });
  readonly #handlers: MainHandlers;
  readonly #maxChars: number;
  /** What each open element is. */
  readonly #open: ("main" | "transparent" | "foreign")[] = [];
  #rootNamespace: string | null = null;
  #mainDepth = 0;
  #foreignDepth = 0;
  #charsSinceTag = 0;

  /** @param maxChars how much may come between two tags, and in one tag: the parser holds as much. */
  constructor(handlers: MainHandlers, maxChars: number) {
    this.#handlers = handlers;
    this.#maxChars = maxChars;
    this.#parser.on("doctype", () => {
      throw new XlsxError("unreadable", "a DOCTYPE is not accepted");
    });
    this.#parser.on("opentag", (tag) => this.#opened(tag));
    this.#parser.on("closetag", ({ local }) => this.#closed(local));
    const text = (piece: string): void => {
      if (this.#foreignDepth === 0) handlers.text?.(piece);
    };
    if (handlers.text !== undefined) this.#parser.on("text", text);
    if (handlers.text !== undefined) this.#parser.on("cdata", text);
  }

  /**
   * Takes the next piece of the part.
   * @throws {unreadable} where it is no well-formed XML. {too_complex} when a tag, a text or the nesting is endless.
   */
  write(text: string): void {
    this.#charsSinceTag += text.length;
    this.#parser.write(text);
    if (this.#charsSinceTag > this.#maxChars) throw new XlsxError("too_complex", "an endless tag or text");
  }

  /** @throws {unreadable} when the part is cut off. */
  finish(): void {
    this.#parser.close();
  }

  #opened(tag: SaxesTagNS): void {
    this.#charsSinceTag = 0;
    if (this.#open.length >= MAX_DEPTH) throw new XlsxError("too_complex", "elements are nested too deeply");
    this.#rootNamespace ??= tag.uri;
    const kind = this.#kindOf(tag);
    this.#open.push(kind);
    if (kind === "foreign") this.#foreignDepth += 1;
    if (kind === "main") this.#handlers.open?.(tag.local, attributesOf(tag), this.#mainDepth++);
  }

  #kindOf({ uri, local }: SaxesTagNS): "main" | "transparent" | "foreign" {
    if (this.#foreignDepth > 0) return "foreign";
    if (uri === this.#rootNamespace || MAIN.has(uri)) return "main";
    return uri === COMPATIBILITY && local !== "Choice" ? "transparent" : "foreign";
  }

  #closed(name: string): void {
    this.#charsSinceTag = 0;
    const kind = this.#open.pop();
    if (kind === "foreign") this.#foreignDepth -= 1;
    if (kind === "main") this.#handlers.close?.(name, --this.#mainDepth);
  }
}

function attributesOf({ attributes }: SaxesTagNS): Attributes {
  const found = new Map<string, string>();
  for (const { prefix, local, uri, value } of Object.values(attributes)) {
    if (prefix === "") found.set(local, value);
    else if (uri.endsWith("/relationships")) found.set(`relationship ${local}`, value);
  }
  return found;
}
