import type { TextDecoder } from "node:util";
import { xmlDecoder } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

/** The longest text before a part's root element: declaration and comments. */
const MAX_PROLOG_CHARS = 65_536;

/** A part's bytes as text, without splitting a character. */
export async function* decodeParts(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= xmlDecoder(chunk);
    const text = decoder.decode(chunk, { stream: true });
    if (text !== "") yield text;
  }
  const rest = decoder?.decode() ?? "";
  if (rest !== "") yield rest;
}

/** A part's bytes as UTF-8, cut anywhere; only UTF-16 must be written anew. */
export async function* utf8Parts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= xmlDecoder(chunk);
    yield decoder.encoding === "utf-8" ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
}

/** Where a part's root element begins and the prefix of its namespace, with its colon. */
export interface Root {
  readonly at: number;
  readonly prefix: string;
}

/**
 * Finds the root element, skipping declaration, processing instructions and comments; null: more text is needed.
 * @throws {unreadable} for a DOCTYPE (no entity is ever defined, none expanded) and for what is not XML.
 */
export function findRoot(text: string): Root | null {
  let at = 0;
  for (;;) {
    const tag = text.indexOf("<", at);
    if (tag === -1 || tag + 4 > text.length) break;
    if (text.startsWith("<!--", tag)) at = text.indexOf("-->", tag) + 3;
    else if (text.startsWith("<?", tag)) at = text.indexOf("?>", tag) + 2;
    else if (text.startsWith("<!", tag)) throw new XlsxError("unreadable", "a DOCTYPE is not accepted");
    else {
      const name = /^<([\w.-]+:)?[\w.-]+[\s/>]/.exec(text.slice(tag, tag + 128));
      if (name !== null) return { at: tag, prefix: name[1] ?? "" };
      if (text.length - tag > 128) throw new XlsxError("unreadable", "not XML");
      break;
    }
    if (at < tag) break; // its end has not come yet
  }
  if (text.length > MAX_PROLOG_CHARS) throw new XlsxError("unreadable", "no root element");
  return null;
}
