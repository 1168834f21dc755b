import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import { XlsxError } from "./xlsx-error.ts";

/** Names that Korean programs give an encoding which the decoder knows by another. */
const OTHER_LABELS: ReadonlyMap<string, string> = new Map(
  ["cp949", "ms949", "uhc", "x-windows-949", "ms_949"].map((label) => [label, "euc-kr"]),
);
/** Where an XML declaration must be over. */
const DECLARATION_BYTES = 256;
const BOM = [0xef, 0xbb, 0xbf];
const LAST_SPACE = 0x20;

/**
 * A part's bytes as UTF-8, without a byte order mark and never cut within a character. Other encodings are written anew:
 * UTF-16 with and without a mark, and what the declaration names (EUC-KR, …).
 * @throws {unreadable} for bytes that are no text in the encoding they claim: a wrong character would be a wrong value.
 */
export async function* utf8Parts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let decoder: TextDecoder | null | undefined;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (decoder === undefined) {
      if (bytes.length < 4) {
        held = bytes;
        continue;
      }
      decoder = decoderOf(bytes);
      if (decoder === null) bytes = withoutStart(bytes);
    }
    if (decoder !== null) {
      held = Buffer.alloc(0);
      yield Buffer.from(decoded(decoder, bytes));
      continue;
    }
    const whole = bytes.length - cutCharacterBytes(bytes);
    held = Buffer.from(bytes.subarray(whole));
    yield checked(bytes.subarray(0, whole));
  }
  if (decoder) yield Buffer.from(decoded(decoder));
  else if (held.length > 0) yield checked(held);
}

function checked(bytes: Buffer): Buffer {
  if (!isUtf8(bytes)) throw new XlsxError("unreadable", "bytes that are no UTF-8");
  return bytes;
}

/** @param bytes none at the part's end. */
function decoded(decoder: TextDecoder, bytes?: Buffer): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (error) {
    throw new XlsxError("unreadable", `bytes that are no ${decoder.encoding}`, error);
  }
}

/** The decoder of a part, by its first bytes and its declaration; null for UTF-8, which needs none. */
function decoderOf(bytes: Buffer): TextDecoder | null {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return decoderNamed("utf-16le");
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return decoderNamed("utf-16be");
  const start = bytes.toString("latin1", 0, DECLARATION_BYTES);
  const label =
    /^(?:\u00ef\u00bb\u00bf)?\s{0,16}<\?xml[^>]{0,200}?\sencoding\s?=\s?["']([\w.:-]{1,40})["']/i.exec(start);
  const name = (label?.[1] ?? "utf-8").toLowerCase();
  // ASCII bytes that declare UTF-16 were written by a program that encoded its text once more.
  if (name.startsWith("utf-16") || name.startsWith("utf16") || name.startsWith("ucs-2")) return null;
  return /^(?:utf-?8|us-ascii|ascii)$/.test(name) ? null : decoderNamed(OTHER_LABELS.get(name) ?? name);
}

function decoderNamed(label: string): TextDecoder {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch (error) {
    throw new XlsxError("unreadable", `the encoding ${label}`, error);
  }
}

/** Behind the byte order mark and the blanks that some programs put before the declaration. */
function withoutStart(bytes: Buffer): Buffer {
  let at = BOM.every((byte, i) => bytes[i] === byte) ? BOM.length : 0;
  while (at < bytes.length && (bytes[at] ?? 0) <= LAST_SPACE) at++;
  return bytes.subarray(at);
}

/** How many bytes at the end belong to a character whose other bytes have not come. */
function cutCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0;
}
