import { book, bookParts, rowsXml, sheetXml, zipParts } from "../raw-workbook.ts";
import { S, type WorkbookCase } from "../workbook-case.ts";

const H = ["학번", "이름", "메모"];
const FAMILY = "👨‍👩‍👧‍👦 👍🏽 🇰🇷";

/** Texts: what is kept of them, and what is not. */
export const TEXT_CASES: readonly WorkbookCase[] = [
  {
    name: "spaces",
    row: "–",
    trait: "spaces, no-break and ideographic ones, tabs around; inner space kept",
    bytes: () => book([H, ["\u3000A1\u00a0 ", " 홍 길동\t", "\u00a0x\u2003"]]),
    students: [S("A1", { name: "홍 길동", memo: "x" })],
  },
  {
    name: "nfd-name",
    row: "–",
    trait: "a name in parts (NFD), as macOS writes it",
    bytes: () => book([H, [1, "홍길동".normalize("NFD")]]),
    students: [S(1)],
  },
  {
    name: "emoji",
    row: "X14",
    trait: "emoji of several by joiners, skin tone, flag",
    bytes: () => book([H, [1, "홍길동🎓", FAMILY]]),
    students: [S(1, { name: "홍길동🎓", memo: FAMILY })],
  },
  {
    name: "line-ends",
    row: "X14",
    trait: "line ends in a cell: LF, CR LF, _x000D_ LF, a lone CR",
    bytes: () =>
      book([
        H,
        [1, "홍길동", "가\n나"],
        [2, "홍길동", "가\r\n나"],
        [3, "홍길동", "가_x000D_\n나"],
        [4, "홍길동", "가_x000D_나"],
      ]),
    students: [1, 2, 3, 4].map((n) => S(n, { memo: "가\n나" })),
  },
  {
    name: "escape-literal",
    row: "–",
    trait: "_x005F_x0041_ is the text _x0041_; _x0041_ is A",
    bytes: () => book([H, [1, "홍길동", "_x005F_x0041_"], [2, "홍길동", "_x0041_"]]),
    students: [S(1, { memo: "_x0041_" }), S(2, { memo: "A" })],
  },
  {
    name: "unstorable-characters",
    row: "X7",
    trait:
      "NUL, half a surrogate pair, controls, a mark that turns the direction: what no table or reader takes",
    bytes: () =>
      book([
        H,
        ["1_x0000_", "홍_xD83D_길동", "a_x0000_b_x0007_c\u202ed"],
        [2, "_x0000_", "x"],
        ["_x0000_", "이름", "x"],
      ]),
    students: [S(1, { memo: "abcd" })],
    rejected: ["name_missing", "student_no_missing"],
  },
  {
    name: "too-long",
    row: "X7",
    trait: "texts longer than their column holds",
    bytes: () =>
      book([
        [...H, "이메일"],
        [1, "가".repeat(101)],
        ["9".repeat(65), "홍길동"],
        [2, "홍길동", "가".repeat(2_001)],
        [3, "홍길동", "", `${"a".repeat(250)}@b.kr`],
        [4, "홍길동", "가".repeat(2_000)],
        [5, `${" ".repeat(300)}홍길동`],
      ]),
    students: [S(4, { memo: "가".repeat(2_000) }), S(5)],
    rejected: ["too_long", "too_long", "too_long", "too_long"],
  },
  {
    name: "email-of-dots",
    row: "X7",
    trait: "20 e-mail cells of 32,000 dots",
    bytes: () => {
      const cell = (reference: string): string => `<c r="${reference}" t="s"><v>0</v></c>`;
      const rows = Array.from({ length: 20 }, (_, i) => [i + 1, "홍길동", cell]);
      return book([["학번", "이름", "이메일"], ...rows], { shared: [`a@${".".repeat(32_000)}@`] });
    },
    students: [],
    rejected: Array.from({ length: 20 }, () => "too_long"),
  },
  {
    name: "formula-values",
    row: "–",
    trait: "formulas with their values",
    bytes: () =>
      book([
        ["학번", "이름", "전화번호"],
        [
          (r) => `<c r="${r}" t="str"><f>"A"&amp;1</f><v>A1</v></c>`,
          (r) => `<c r="${r}" t="str"><f>IF(1&gt;0,"홍길동","")</f><v>홍길동</v></c>`,
          (r) => `<c r="${r}" t="str"><f>"x"</f><v>010-1234-5678</v></c>`,
        ],
      ]),
    students: [S("A1", { phone: "010-1234-5678" })],
  },
  {
    name: "formula-error",
    row: "–",
    trait: "#N/A in a known column",
    bytes: () => book([H, [1, "홍길동", (r) => `<c r="${r}" t="e"><f>NA()</f><v>#N/A</v></c>`]]),
    students: [],
    rejected: ["cell_error"],
  },
  {
    name: "formula-without-value",
    row: "X10",
    trait: "a formula whose value is not in the file, in an optional column",
    bytes: () => book([H, [1, "홍길동", (r) => `<c r="${r}"><f>A2&amp;"번"</f></c>`], [2, "홍길동", "메모"]]),
    students: [S(2, { memo: "메모" })],
    rejected: ["formula_without_value"],
  },
  {
    name: "attr-spaces",
    row: "X8",
    trait: "white space around = in attributes is XML",
    bytes: () =>
      zipParts(
        bookParts(
          [
            sheetXml(
              '<row r = "1"><c r = "A1" t = "inlineStr"><is><t>학번</t></is></c><c r = "B1" t = "inlineStr"><is><t>이름</t></is></c></row>' +
                '<row r="2"><c r="A2"><v>1</v></c><c t = "s" r = "B2"><v>0</v></c></row>',
            ),
          ],
          { shared: ["홍길동"] },
        ),
      ),
    students: [S(1)],
  },
  {
    name: "attr-gt",
    row: "X8",
    trait: "> in an attribute's value is XML",
    bytes: () =>
      zipParts(
        bookParts([
          sheetXml(
            '<row r="1" x="a>b"><c r="A1" x="a>b" t="inlineStr"><is><t>학번</t></is></c><c r="B1" t="inlineStr"><is><t>이름</t></is></c></row>' +
              '<row r="2"><c r="A2"><v>1</v></c><c r="B2" x="&gt;>" t="inlineStr"><is><t>홍길동</t></is></c></row>',
          ),
        ]),
      ),
    students: [S(1)],
  },
  {
    name: "comments-in-data",
    row: "X8",
    trait: "comments among the rows, with a row in one",
    bytes: () =>
      zipParts(
        bookParts([
          sheetXml(
            `${rowsXml([["학번", "이름"]])}<!-- ${rowsXml([[9, "주석"]], 9)} -->${rowsXml([[1, "홍길동"]], 2)}<!-- </sheetData> -->`,
          ),
        ]),
      ),
    students: [S(1)],
  },
];
