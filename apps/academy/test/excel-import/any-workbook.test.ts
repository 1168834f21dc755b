import fc from "fast-check";
import { expect, it } from "vitest";
import {
  bookParts,
  rowsXml,
  sheetXml,
  zipParts,
  type Cell,
} from "../../../../cases/src/excel/raw-workbook.ts";
import { ImportBench, messagesOf } from "./import-fixture.ts";

const bench = new ImportBench();
const RUNS = 60;
const MAX_INLINE_BYTES = 8_192;

const titles = fc.constantFrom(
  "학번",
  "이름",
  "반",
  "전화번호",
  "휴대폰",
  "등록일",
  "메모",
  "이메일",
  "학년",
  "혈액형",
);
const texts = fc.oneof(
  fc.constantFrom(
    "1",
    "２",
    "001",
    "가",
    "_x0000_",
    "_xD800_",
    "_x000D_",
    " ",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "합계",
  ),
  fc.constantFrom(
    "=1+1",
    "a@b.kr",
    "010-1234-5678",
    "99999999999999999999",
    "1e400",
    "\u202e",
    "'",
    '"',
    "\\",
    "{}",
    "NULL",
  ),
  fc
    .string({ unit: "binary", maxLength: 8 })
    .map((text) => text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/gu, "")),
  titles,
);
const raw = (type: string, value: string) => (reference: string) =>
  `<c r="${reference}" t="${type}" s="${value.length % 3}"><v>${value}</v></c>`;
const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 4, arbitrary: texts },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.integer({ min: -1, max: 60_000 }) },
  fc
    .constantFrom("1e308", "-1e308", "0.1", "1.5", "46082.75", "2958466", "NaN", "x", "")
    .map((value) => raw("n", value)),
  fc.constantFrom("2026-13-45", "10000-01-01", "0000-00-00T99:99", "").map((value) => raw("d", value)),
  fc.constantFrom("#N/A", "#REF!").map((value) => raw("e", value)),
  fc.constantFrom("1", "0", "true").map((value) => raw("b", value)),
  fc.constant((reference: string) => `<c r="${reference}"><f>A1</f></c>`),
);
const row = fc.array(cell, { maxLength: 8 });
const workbook = fc
  .record({
    header: fc.array(titles, { maxLength: 6 }).map((more) => ["학번", "이름", ...more]),
    rows: fc.array(row, { maxLength: 30 }),
    merges: fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 30 }), fc.nat(3), fc.nat(9)), {
      maxLength: 4,
    }),
    date1904: fc.boolean(),
  })
  .map(({ header, rows, merges, date1904 }) => {
    const letter = (column: number): string => String.fromCharCode(65 + column);
    const ranges = merges.map(
      ([column, first, wide, high]) =>
        `<mergeCell ref="${letter(column)}${first}:${letter(column + wide)}${first + high}"/>`,
    );
    const after = ranges.length === 0 ? "" : `<mergeCells>${ranges.join("")}</mergeCells>`;
    return zipParts(
      bookParts([sheetXml(rowsXml([header, ...rows]), { after })], { formats: [14, "00000000"], date1904 }),
    );
  });

/** What the check finds plain is read the same without it. */
async function assertReadAlikeWherePlain(path: string): Promise<void> {
  const order = { path, rejectedPath: `${path}.rejected`, afterPosition: 0, chunkRows: 7 };
  const checked = await messagesOf({ ...order, plain: false });
  if (!checked.some((message) => message.type === "checked" && message.plain)) return;
  const read = checked.filter(({ type }) => type !== "checking");
  expect(await messagesOf({ ...order, plain: true })).toEqual(read);
}

it(
  "whatever a workbook holds, its import ends with what became of each row, told in a small result",
  { timeout: 120_000 },
  async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(workbook, async (bytes) => {
        const id = `any-${++run}`;
        const path = await bench.file(bytes);
        await assertReadAlikeWherePlain(path);
        const result = await bench.run(path, { tenant: id, id, chunkRows: 7 });
        const { total, inserted, updated, unchanged, rejected } = result;
        expect(inserted + updated + unchanged + rejected).toBe(total);
        expect(await bench.students(id)).toHaveLength(inserted);
        expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(MAX_INLINE_BYTES);
        expect(result.rejected_url === null).toBe(rejected === 0);
        if (rejected > 0) expect(await bench.rejected(id, { tenant: id })).toHaveLength(rejected + 1);
      }),
      { numRuns: RUNS },
    );
  },
);
