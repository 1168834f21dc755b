import type { Random } from "../random.ts";

/** Texts that have broken parsers, databases, logs or pages before. */
const TEXTS: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "x\udc00y",
  "\u202egnp.exe",
  "\ufeff",
  "\u0085\u2028\u2029",
  "１２",
  "-1",
  "0",
  "00",
  "1_0",
  "+7",
  " 7 ",
  "1e309",
  "NaN",
  "9007199254740993",
  "99999999999999999999",
  "2147483648",
  "true",
  "null",
  "undefined",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "../../../../etc/passwd",
  "..%2f..%2fetc%2fpasswd",
  "%00",
  "%",
  "%zz",
  "{}",
  "[]",
  "a:b:c",
  "{1}",
  "*",
  "'; DROP TABLE job; --",
  "' OR '1'='1",
  "$1",
  "\\",
  "\\u0000",
  '"',
  "\r\nX-Injected: 1",
  "<script>alert(1)</script>",
  "=1+1",
  "${7*7}",
  "2026-02-30",
  "가나다",
  "한글".normalize("NFD"),
  "👨‍👩‍👧‍👦",
  "x".repeat(65),
  "x".repeat(256),
  "가".repeat(300),
  "x".repeat(5_000),
];

/** A text nobody would type, or bytes at random. */
export function hostileText(random: Random): string {
  const kind = random.next();
  if (kind < 0.7) return random.pick(TEXTS);
  if (kind < 0.85) return random.pick(TEXTS) + random.pick(TEXTS);
  const length = random.between(1, 40);
  return Array.from({ length }, () => String.fromCharCode(random.between(0, 0xffff))).join("");
}

/** Only what may stand in an HTTP header: anything else is a matter of raw requests. */
export function hostileHeader(random: Random): string {
  return hostileText(random)
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, "?")
    .slice(0, 2_000);
}

const NUMBERS = [0, -0, -1, 1, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e21, 5e-324];

/** Any JSON value, deep or wide now and then. */
export function hostileJson(random: Random, depth = 0): unknown {
  const kind = random.next();
  if (depth > 4 || kind < 0.4) return hostileText(random);
  if (kind < 0.55) return random.pick(NUMBERS);
  if (kind < 0.65) return random.pick([null, true, false]);
  if (kind < 0.7) return nested(random.between(15, 3_000));
  if (kind < 0.85) return Array.from({ length: random.between(0, 4) }, () => hostileJson(random, depth + 1));
  const entries = Array.from({ length: random.between(0, 4) }, () => [
    hostileText(random),
    hostileJson(random, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
