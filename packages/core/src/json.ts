/** A JSON value as the product accepts it: no NaN, no Infinity, no integer that a browser would round. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/**
 * The canonical encoder: JSON text that every client parses back to the same value.
 * @throws {TypeError} for undefined, functions, symbols, bigint, NaN, Infinity and integers beyond 2^53 − 1.
 */
export function encodeJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, refuseWhatJsonCannotSay);
  if (text === undefined) throw new TypeError("not a JSON value: undefined");
  return text;
}

function refuseWhatJsonCannotSay(this: unknown, key: string, value: unknown): unknown {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`not a JSON number at "${key}": ${value}`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        throw new TypeError(`integer beyond 2^53 - 1 at "${key}": send it as a string`);
      }
      return value;
    case "bigint":
    case "function":
    case "symbol":
      throw new TypeError(`not a JSON value at "${key}": ${typeof value}`);
    default:
      return value;
  }
}

/** The number of bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}
