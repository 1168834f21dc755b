import { book, bookParts, rowsXml, sheetXml, textCell, zipParts, type Row } from "../raw-workbook.ts";
import { S, type WorkbookCase } from "../workbook-case.ts";

const H = ["학번", "이름"];
const ONE: Row = [1, "홍길동"];
const merges = (...ranges: string[]): { after: string } => ({
  after: `<mergeCells count="${ranges.length}">${ranges.map((range) => `<mergeCell ref="${range}"/>`).join("")}</mergeCells>`,
});
const sheets = (xml: readonly string[], options: Parameters<typeof bookParts>[1] = {}): Buffer =>
  zipParts(bookParts(xml, options));
const backwards = (row: number, number: string, name: string): string =>
  `<row r="${row}">${textCell(`C${row}`, "뒤")}${textCell(`B${row}`, name)}${textCell(`A${row}`, number)}</row>`;

/** Where students stand in a sheet. */
export const LAYOUT_CASES: readonly WorkbookCase[] = [
  {
    name: "columns-ignored",
    row: "X1",
    trait: "columns that are not imported, with a title and without; one without values",
    bytes: () =>
      book([
        [...H, "혈액형", "빈 열"],
        [1, "홍길동", "A", null, "참고"],
      ]),
    students: [S(1)],
    result: { outcome: "partial", columns_used: H, columns_ignored: ["혈액형", "E:E"] },
  },
  {
    name: "side-by-side",
    row: "X3",
    trait: "two lists side by side under one header row",
    bytes: () =>
      book([
        [...H, null, ...H],
        [1, "가", null, 3, "다"],
        [2, "나", null, 4, "라"],
        [5, "마"],
      ]),
    students: ["가", "나", "다", "라", "마"].map((name, i) => S(i + 1, { name })),
    result: { outcome: "complete", columns_ignored: [] },
  },
  {
    name: "side-by-side-with-class",
    row: "X3",
    trait: "three lists of class, number and name; one student in two of them",
    bytes: () =>
      book([
        ["반", "학번", "이름", "반", "학번", "이름", "반", "학번", "이름"],
        ["1반", 1, "가", "2반", 2, "나", "3반", 1, "다"],
      ]),
    students: [S(1, { name: "다", class_name: "3반" }), S(2, { name: "나", class_name: "2반" })],
    rejected: ["duplicate_in_file"],
  },
  {
    name: "duplicate-header",
    row: "X3",
    trait: "전화번호 twice, the first column empty",
    bytes: () =>
      book([
        [...H, "전화번호", "전화번호"],
        [1, "홍길동", null, "010-1234-5678"],
      ]),
    students: [S(1, { phone: "010-1234-5678" })],
    result: { outcome: "complete" },
  },
  {
    name: "synonym-headers",
    row: "X3",
    trait: "휴대폰 and 전화번호 both are the phone: one of them, both equal, both different",
    bytes: () =>
      book([
        [...H, "휴대폰", "전화번호"],
        [1, "홍길동", null, "010-1234-5678"],
        [2, "홍길동", "010-1234-5678", "01012345678"],
        [3, "홍길동", "010-1234-5678", "02-123-4567"],
      ]),
    students: [S(1, { phone: "010-1234-5678" }), S(2, { phone: "010-1234-5678" })],
    rejected: ["columns_differ"],
  },
  {
    name: "header-repeated",
    row: "X3",
    trait: "the header again on each page",
    bytes: () => book([H, ONE, H, [2, "홍길동"], ["학 번", "이 름"], [3, "홍길동"]]),
    students: [S(1), S(2), S(3)],
  },
  {
    name: "header-changes",
    row: "X3",
    trait: "further down another list with its columns in another order, and a student of the first",
    bytes: () =>
      book([H, ["A-1", "가"], null, ["이름", "반", "학번"], ["나", "2반", "A-2"], ["다", "2반", "A-1"]]),
    students: [S("A-1", { name: "다", class_name: "2반" }), S("A-2", { name: "나", class_name: "2반" })],
    rejected: ["duplicate_in_file"],
  },
  {
    name: "merged-class",
    row: "X5",
    trait: "the class is merged over its students",
    bytes: () =>
      book(
        [
          [...H, "반"],
          [1, "가", "1반"],
          [2, "나"],
          [3, "다", "2반"],
          [4, "라"],
          [5, "마", "3반"],
        ],
        merges("C2:C3", "C4:C5", "C6:C30"),
      ),
    students: [
      S(1, { name: "가", class_name: "1반" }),
      S(2, { name: "나", class_name: "1반" }),
      S(3, { name: "다", class_name: "2반" }),
      S(4, { name: "라", class_name: "2반" }),
      S(5, { name: "마", class_name: "3반" }),
    ],
  },
  {
    name: "merged-number",
    row: "X5",
    trait: "one student on two lines: number and name merged",
    bytes: () =>
      book(
        [
          [...H, "전화번호"],
          [1, "홍길동", "010-1111-1111"],
          [null, null, "010-2222-2222"],
        ],
        merges("A2:A3", "B2:B3"),
      ),
    students: [S(1, { phone: "010-1111-1111" })],
    rejected: ["student_no_missing; name_missing"],
  },
  {
    name: "merged-over-values",
    row: "X5",
    trait: "values left under a merged cell, which nobody sees",
    bytes: () =>
      book(
        [
          [...H, "메모"],
          [1, "가", "보임"],
          [2, "안 보임", "x"],
        ],
        merges("A2:C3"),
      ),
    students: [S(1, { name: "가", memo: "보임" })],
    rejected: ["cell_covered; cell_covered; cell_covered"],
  },
  {
    name: "header-row-3",
    row: "–",
    trait: "a title and an empty row above the header",
    bytes: () => book([["2026학년도 학생 명단"], null, H, ONE]),
    students: [S(1)],
  },
  {
    name: "header-row-21",
    row: "–",
    trait: "20 rows of text above the header",
    bytes: () => book([...Array.from({ length: 20 }, (_, i) => [`안내 ${i}`]), H, ONE]),
    code: "workbook_no_header",
  },
  {
    name: "header-far-down-sparse",
    row: "X3",
    trait: "header in row 40: the rows above are not there, or blank",
    bytes: () =>
      book([
        ["제목"],
        ...Array.from({ length: 18 }, () => null),
        ...Array.from({ length: 20 }, () => [" "]),
        H,
        ONE,
      ]),
    students: [S(1)],
  },
  {
    name: "header-with-breaks",
    row: "X3",
    trait: "titles with line breaks, stars, notes in brackets",
    bytes: () =>
      book([
        ["학 번*", "이름\n(필수)", "전화\n번호 (휴대폰)"],
        [1, "홍길동", "010-1234-5678"],
      ]),
    students: [S(1, { phone: "010-1234-5678" })],
    result: { columns_used: ["학 번*", "이름 (필수)", "전화 번호 (휴대폰)"] },
  },
  {
    name: "total-row",
    row: "–",
    trait: "합계 below",
    bytes: () => book([H, ONE, ["합계", null]]),
    students: [S(1)],
    rejected: ["name_missing"],
  },
  {
    name: "header-only",
    row: "X12",
    trait: "a header and no student",
    bytes: () => book([H]),
    students: [],
    result: { outcome: "none", total: 0, rejected_url: null },
  },
  {
    name: "hidden-column",
    row: "–",
    trait: "a hidden column",
    bytes: () =>
      book(
        [
          [...H, "메모"],
          [1, "홍길동", "m"],
        ],
        { before: '<cols><col min="3" max="3" hidden="1"/></cols>' },
      ),
    students: [S(1, { memo: "m" })],
  },
  {
    name: "hidden-row",
    row: "X10",
    trait: "rows hidden by a filter: imported where nobody is asked, and counted",
    bytes: () =>
      sheets([
        sheetXml(
          `${rowsXml([H, ONE])}<row r="3" hidden="1"><c r="A3"><v>2</v></c>${textCell("B3", "숨김")}</row>` +
            `<row r="4" hidden="true"><c r="A4"><v>3</v></c></row>`,
        ),
      ]),
    students: [S(1), S(2, { name: "숨김" })],
    rejected: ["name_missing"],
    result: { hidden_rows: 1 },
  },
  {
    name: "cells-out-of-order",
    row: "X7",
    trait: "cells of a row in descending order",
    bytes: () =>
      sheets([
        sheetXml(rowsXml([[...H, "메모"]]) + backwards(2, "1", "홍길동") + backwards(3, "2", "김철수")),
      ]),
    students: [S(1, { memo: "뒤" }), S(2, { name: "김철수", memo: "뒤" })],
  },
  {
    name: "cells-out-of-order-duplicates",
    row: "X7",
    trait: "the same with one number twice",
    bytes: () =>
      sheets([sheetXml(rowsXml([[...H, "메모"]]) + backwards(2, "1", "가") + backwards(3, "1", "나"))]),
    students: [S(1, { name: "나", memo: "뒤" })],
    rejected: ["duplicate_in_file"],
  },
  {
    name: "hidden-sheet-only",
    row: "–",
    trait: "the list is on a hidden sheet",
    bytes: () => sheets([sheetXml(""), sheetXml(rowsXml([H, ONE]))], { states: ["visible", "veryHidden"] }),
    code: "workbook_no_header",
  },
  {
    name: "numbers-summary",
    row: "–",
    trait: "as Apple Numbers exports: a summary first, then the table below its title",
    bytes: () =>
      sheets(
        [
          sheetXml(
            rowsXml([["이 문서는 Numbers에서 보낸 것입니다."], ["시트 이름", "표 이름"], ["시트 1", "표 1"]]),
          ),
          sheetXml(rowsXml([["표 1"], H, ONE])),
        ],
        { names: ["보내기 요약", "시트 1"] },
      ),
    students: [S(1)],
    result: { outcome: "partial", sheets_ignored: ["보내기 요약"] },
  },
  {
    name: "odd-sheet-names",
    row: "–",
    trait: "sheet names with quotes and emoji",
    bytes: () =>
      sheets([sheetXml(rowsXml([H, ONE])), sheetXml(rowsXml([H, [2, ""]]))], {
        names: ['1반 "A" & <b>', "🎓 2반"],
      }),
    students: [S(1)],
    rejected: ["name_missing"],
  },
  {
    name: "cells-out-of-order-duplicates-big",
    row: "X7",
    trait: "3,000 rows with cells in descending order, one number twice at the end",
    bytes: () => {
      const numbers = [
        ...Array.from({ length: 3_000 }, (_, i) => `N${String(i).padStart(5, "0")}`),
        "N02999",
      ];
      const rows = numbers.map((number, i) => backwards(i + 2, number, `이름${i}`));
      return sheets([sheetXml(rowsXml([[...H, "메모"]]) + rows.join(""))]);
    },
    students: Array.from({ length: 3_000 }, (_, i) =>
      S(`N${String(i).padStart(5, "0")}`, { name: `이름${i === 2_999 ? 3_000 : i}`, memo: "뒤" }),
    ),
    rejected: ["duplicate_in_file"],
  },
];
