import { expect, it } from "vitest";
import { openWorkbook, XlsxError } from "../src/index.ts";
import { Elements } from "../src/elements.ts";
import { partsOf, writeFixture } from "./workbook-fixture.ts";
import { makeZip } from "./zip-fixture.ts";

const BOOK = {
  sheets: [
    {
      rows:
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>이름</t></is></c></row>' +
        '<row r="2" hidden="1"><c r="A2" s="1"><v>46082</v></c><c r="B2" t="str"><f>A2&amp;"x"</f><v>x</v></c></row>',
    },
    {
      rows: "<!-- odd --><row><c t='b'><v>1</v></c><c t='e'><v>#N/A</v></c><c t='d'><v>2026-03-01</v></c></row>",
    },
  ],
  strings: "<si><t>학번</t></si><si><r><t>a</t></r></si>",
  styles:
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd;[Red]&quot;x&quot;00"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs>',
};
/** What is put in by chance: what readers look for. */
const PIECES = [
  "<",
  ">",
  "</",
  "/>",
  '"',
  "'",
  "&",
  "&#0;",
  "&lt;",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  "<?",
  "?>",
  "<!DOCTYPE a>",
  "\0",
  "\xff",
  "=",
  " ",
  "</row>",
  "<row>",
  "<c>",
  "</c>",
  "<v>",
  "</v>",
  "<is>",
  "xmlns",
  "xmlns:x='y'",
  "x:",
  "99999999999999999999",
  "-1",
  "[",
  "0",
  "_x0000_",
  "<f>",
  "rId1",
  "A1",
];

/** Numbers below `below`, the same for each seed (mulberry32). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutated(bytes: Buffer, pick: (below: number) => number): Buffer {
  let changed = bytes;
  for (let i = pick(3) + 1; i > 0; i--) {
    const at = pick(changed.length + 1);
    const head = changed.subarray(0, at);
    const piece = Buffer.from(PIECES[pick(PIECES.length)] ?? "", "latin1");
    const replaced = [0, 1, piece.length, pick(40)][pick(4)] ?? 0;
    const kept = changed.subarray(Math.min(changed.length, at + replaced));
    changed = Buffer.concat([head, piece, kept]);
  }
  return changed;
}

/** Reads all there is and answers the code, or `read`. */
async function outcome(bytes: Buffer): Promise<string> {
  try {
    using workbook = await openWorkbook(await writeFixture(bytes, "mutated"));
    for (const sheet of workbook.sheets) {
      for await (const rows of workbook.rows(sheet)) {
        if (rows.length > 1_000) return "too many rows";
      }
      workbook.mergedRanges(sheet)?.covering(1, 1);
    }
    return "read";
  } catch (error) {
    return error instanceof XlsxError ? error.code : String((error as Error).stack);
  }
}

it("ends in a code, however its XML is broken", { timeout: 120_000 }, async () => {
  const parts = partsOf(BOOK);
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= 700; seed++) {
    const pick = chance(seed);
    const broken = pick(parts.length);
    const bytes = makeZip(
      parts.map((entry, i) =>
        i === broken ? { ...entry, content: mutated(Buffer.from(entry.content), pick) } : entry,
      ),
    );
    const code = await outcome(bytes);
    expect(["read", "unreadable", "too_large", "too_complex"], `seed ${seed}`).toContain(code);
    seen.set(code, (seen.get(code) ?? 0) + 1);
  }
  expect(seen.get("read")).toBeGreaterThan(50); // else nothing beyond the door was tried
  expect(seen.get("unreadable")).toBeGreaterThan(50);
});

it("ends in a code, however its bytes are broken", { timeout: 120_000 }, async () => {
  const whole = makeZip(partsOf(BOOK));
  const seen = new Set<string>();
  for (let seed = 1; seed <= 700; seed++) {
    const pick = chance(seed);
    const bytes = Buffer.from(seed % 3 === 0 ? whole.subarray(0, pick(whole.length)) : whole);
    for (let i = pick(4); i > 0 && bytes.length > 0; i--) bytes[pick(bytes.length)] = pick(256);
    const code = await outcome(bytes);
    expect(["read", "unreadable", "too_large", "too_complex", "encrypted"], `seed ${seed}`).toContain(code);
    seen.add(code);
  }
  expect(seen.size).toBeGreaterThan(1);
});

it("has each byte looked at a bounded number of times, however long an element is", () => {
  let taken = 0;
  const elements = new Elements({
    path: ["sst"],
    name: "si",
    maxElementBytes: 4_194_304,
    plain: () => (taken += 1) > 0,
    open: () => undefined,
    close: () => undefined,
    text: () => undefined,
  });
  const copied = countCopies(() => {
    elements.push(Buffer.from("<sst>"));
    for (const letter of ["a", "b"]) {
      elements.push(Buffer.from("<si>"));
      for (let i = 0; i < 2_000; i++) elements.push(Buffer.alloc(2_000, letter));
      elements.push(Buffer.from("</si>"));
    }
    elements.push(Buffer.from("</sst>"));
    elements.finish();
  });
  expect(taken).toBe(2);
  expect(copied / 8_000_000).toBeLessThan(5);
});

/** Bytes that are made into text while something is done: what each look at a piece begins with. */
function countCopies(action: () => void): number {
  const { toString } = Buffer.prototype;
  let bytes = 0;
  Buffer.prototype.toString = function (...args: Parameters<typeof toString>) {
    bytes += this.length;
    return toString.apply(this, args);
  };
  try {
    action();
  } finally {
    Buffer.prototype.toString = toString;
  }
  return bytes;
}
