import { describe, expect, it } from "vitest";
import { openWorkbook, type CellValue } from "../src/index.ts";
import { cellsOf, readAll, writeWorkbook } from "./workbook-fixture.ts";

/** What a cell of this number and format code says. */
async function formatted(number: number | string, code: string): Promise<CellValue | undefined> {
  const escaped = code.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const styles = `<numFmts><numFmt numFmtId="164" formatCode="${escaped}"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs>`;
  const [row] = await cellsOf({ sheets: [{ rows: `<row><c s="1"><v>${number}</v></c></row>` }], styles });
  return row?.[0];
}

describe("a number", () => {
  it.each([
    [12345, "00000000", "00012345"],
    [12, '"S-"0000', "S-0012"],
    [12345, '"S-"0000', "S-12345"],
    [3, '0"반"', "3반"],
    [3, "0반", "3반"],
    [3, '#"학년"', "3학년"],
    [1012345678, "000-0000-0000", "010-1234-5678"],
    [1012345678, "000\\-0000\\-0000", "010-1234-5678"],
    [1012345678, "[<=9999999]###-####;(0##) ####-####", "(010) 1234-5678"],
    [9901011234567, "000000-0000000", "990101-1234567"],
    [20260301, "0000-00-00", "2026-03-01"],
    [-5, '00"점";"-"00"점"', "-05점"],
    [7, '[Blue]"No. "00', "No. 07"],
  ])("%d is shown by %s as %s", async (number, code, text) => {
    expect(await formatted(number, code)).toEqual({ number, text });
  });

  it.each([
    "General",
    "0",
    "0.00",
    "#,##0",
    '#,##0"명"',
    "0%",
    "0.00E+00",
    "# ?/?",
    "@",
    "0_);(0)",
    "[Red]-0",
    '0.0" d"',
    "[$₩-412]#,##0",
    'General"s"',
    '[=1]"남";[=2]"여";General',
    "_(* #,##0_)",
    "[h]",
    "[h]:mm",
    "[",
    '"',
    "\\",
    ";;;",
    "[".repeat(500),
  ])("is left alone by %s", async (code) => {
    expect(await formatted(46082, code)).toBe(46082);
  });

  it.each([
    "yyyy-mm-dd",
    "yyyy. m. d.",
    'yyyy"년" m"월" d"일"',
    "m/d/yy",
    "[$-412]yyyy-mm-dd;@",
    "mmm-yy",
    "yyyy/m/d aaa",
    "d.m.yyyy;@",
  ])("is a date by %s", async (code) => {
    expect(await formatted(46082, code)).toEqual({ iso: "2026-03-01" });
  });

  it("keeps its digits however it is written, and no noise behind the fifteenth", async () => {
    expect(await formatted("2.0240001001E10", "0.00E+00")).toBe(20240001001);
    expect(await formatted("0.30000000000000004", "General")).toBe(0.3);
    expect(await formatted("0x1F", "General")).toBe("0x1F");
    expect(await formatted(" ", "General")).toBeUndefined();
  });
});

describe("a formula", () => {
  it.each([
    ["without an answer", "<c><f>A1</f></c>", { uncalculated: true }],
    ["with an empty answer of a number", "<c><f>A1</f><v></v></c>", { uncalculated: true }],
    ["with an answer's tag alone", "<c><f>A1</f><v/></c>", { uncalculated: true }],
    ["shared", '<c><f t="shared" si="0"/></c>', { uncalculated: true }],
    ["whose answer is an empty text", '<c t="str"><f>""</f><v></v></c>', null],
    ["with its answer", '<c><f ca="1">A1&gt;2</f><v>5</v></c>', 5],
    ["with its answer behind a shared one", '<c><f t="shared" si="0"/><v>6</v></c>', 6],
  ])("%s", async (_, cell, value) => {
    const [row] = await cellsOf({ sheets: [{ rows: `<row><c><v>1</v></c>${cell}<c><v>3</v></c></row>` }] });
    expect(row?.[1]).toEqual(value);
  });
});

describe("rows", () => {
  it("tell that they are hidden, plain or parsed", async () => {
    const rows =
      '<row r="1" hidden="1"><c><v>1</v></c></row><row r="2" hidden="0"><c><v>2</v></c></row><row r="3" ht="15" hidden="true"><c><v>3</v></c></row>';
    for (const each of [rows, `<!-- -->${rows}`]) {
      const [sheet] = await readAll(await writeWorkbook({ sheets: [{ rows: each }] }));
      expect(sheet?.map(({ hidden }) => hidden)).toEqual([true, false, true]);
    }
  });

  it("give the wanted columns wherever they stand, and count no cell-less row", async () => {
    const cells = ["A", "B", "C", "D"].map(
      (letter) => `<c r="${letter}1"><v>${letter.charCodeAt(0)}</v></c>`,
    );
    const rows = `<row/><row></row><row>${cells.toReversed().join("")}</row><row>${cells.join("")}</row><row>${cells.join("").replaceAll('"', "'")}</row>`;
    using workbook = await openWorkbook(await writeWorkbook({ sheets: [{ rows }] }));
    for (const sheet of workbook.sheets) {
      for (const [from, to] of [
        [0, 0],
        [1, 2],
        [0, 9],
      ] as const) {
        const { value } = await workbook.rows(sheet, () => ({ from, to })).next();
        const expected = [65, 66, 67, 68]
          .map((code, i) => (i < from || i > to ? null : code))
          .slice(0, to + 1);
        expect(value?.map((row) => row.cells)).toEqual([expected, expected, expected]);
        expect(value?.map((row) => row.number)).toEqual([3, 4, 5]);
      }
    }
  });

  it.each([
    ["a blank before the equals sign", '<c r="A1"><v>1</v></c>', '<c r ="A1"><v>5</v></c>'],
    ["a blank behind it", '<c r="A1"><v>1</v></c>', `<c r=\n'A1'><v>5</v></c>`],
    ["a letter as a reference", '<c r="A1"><v>1</v></c>', '<c r="&#65;1"><v>5</v></c>'],
    ["an absolute reference", '<c r="A1"><v>1</v></c>', '<c r="$A1"><v>5</v></c><c r="ZB1"><v>1</v><x/></c>'],
    ["a style with a blank", '<c r="A1" s=" 1"><v>1</v></c>', '<c r="ZB1"><v>1</v><x/></c>'],
  ])("say the same whether all columns are wanted or few: %s", async (_, first, later) => {
    const path = await writeWorkbook({
      sheets: [{ rows: `<row>${first}<c r="Z1"><v>2</v></c>${later}</row>` }],
      styles:
        '<numFmts><numFmt numFmtId="164" formatCode="000"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs>',
    });
    const firstCell = async (to: number): Promise<CellValue | undefined> => {
      using workbook = await openWorkbook(path);
      const [sheet] = workbook.sheets;
      if (sheet === undefined) throw new Error("no sheet");
      const { value } = await workbook.rows(sheet, () => ({ from: 0, to })).next();
      return value?.[0]?.cells[0];
    };
    expect(await firstCell(0)).toEqual(await firstCell(Number.POSITIVE_INFINITY));
  });
});

describe("merged ranges", () => {
  it("are known once the sheet was read, and quick to ask", async () => {
    const merged =
      '<mergeCells><mergeCell ref="C2:C5"/><mergeCell ref="$A$9:B7"/><mergeCell ref="C4:D6"/><mergeCell ref="nonsense"/></mergeCells>';
    const raw = `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><x:mergeCells xmlns:x="o"><mergeCell ref="A1:Z99"/></x:mergeCells>${merged}</worksheet>`;
    using workbook = await openWorkbook(await writeWorkbook({ sheets: [{ raw }] }));
    const [sheet] = workbook.sheets;
    if (sheet === undefined) throw new Error("no sheet");
    expect(workbook.mergedRanges(sheet)).toBeNull();
    for await (const _ of workbook.rows(sheet));
    const ranges = workbook.mergedRanges(sheet);
    const at = (row: number, column: number): number | undefined => ranges?.covering(row, column)?.firstRow;
    expect(ranges?.count).toBe(3);
    expect([at(1, 2), at(2, 2), at(5, 2), at(6, 2), at(7, 0), at(9, 1), at(10, 0)]).toEqual([
      undefined,
      2,
      2,
      undefined,
      7,
      7,
      undefined,
    ]);
    expect(at(6, 3)).toBe(4); // where ranges overlap the upper one counts, in each column
  });
});
