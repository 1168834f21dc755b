import { book, styled } from "../raw-workbook.ts";
import { S, type WorkbookCase } from "../workbook-case.ts";

const H = ["학번", "이름"];
const FORMATS = [
  '0"일"',
  '#,##0"명"',
  '"m"0',
  '0.0" d"',
  "[$₩-412]#,##0",
  "0%",
  "0_);(0)",
  '"No."0',
  "\\y0",
  'General"s"',
  "0.00E+00",
  "@",
  "[Blue]0;[Red]-0",
];
const SHOWN = [
  "46082일",
  "46082",
  "m46082",
  "46082",
  "46082",
  "46082",
  "46082",
  "No.46082",
  "y46082",
  "46082",
  "46082",
  "46082",
  "46082",
];

/** Numbers, as they are stored and as they are shown. */
export const NUMBER_CASES: readonly WorkbookCase[] = [
  {
    name: "fmt-leading-zeros",
    row: "X4",
    trait: "student numbers kept as numbers, shown with zeros by the format 00000000",
    bytes: () =>
      book([H, [styled(12345, 1), "홍길동"], [styled(12346, 1), "김철수"]], { formats: ["00000000"] }),
    students: [S("00012345"), S("00012346", { name: "김철수" })],
  },
  {
    name: "fmt-prefix-literal",
    row: "X4",
    trait: 'format "S-"0000 shows S-0012',
    bytes: () => book([H, [styled(12, 1), "홍길동"]], { formats: ['"S-"0000'] }),
    students: [S("S-0012")],
  },
  {
    name: "fmt-scientific",
    row: "X4",
    trait: "a long number that Excel shows as 2.02E+10",
    bytes: () => book([H, [styled("20240001001", 1), "홍길동"]], { formats: ["0.00E+00"] }),
    students: [S("20240001001")],
  },
  {
    name: "num-written-scientific",
    row: "X4",
    trait: "a number written as 2.0240001001E10",
    bytes: () => book([H, [styled("2.0240001001E10", 0), "홍길동"]]),
    students: [S("20240001001")],
  },
  {
    name: "num-float-noise",
    row: "X4",
    trait: "a sum has left 20240001.000000002, shown as 20240001",
    bytes: () => book([H, [styled("20240001.000000002", 0), "홍길동"]]),
    students: [S("20240001")],
  },
  {
    name: "num-too-long",
    row: "X4",
    trait: "17 digits as a number have lost their last ones",
    bytes: () => book([H, [styled("20240001000100012", 0), "홍길동"]]),
    students: [],
    rejected: ["student_no_invalid"],
    result: { outcome: "none" },
  },
  {
    name: "text-scientific",
    row: "X4",
    trait: "the text 2.0240001E+10 stays what it is",
    bytes: () => book([H, ["2.0240001E+10", "홍길동"]]),
    students: [S("2.0240001E+10")],
  },
  {
    name: "number-and-text-same",
    row: "X4",
    trait: "123 as number and as text are one student: the last wins",
    bytes: () => book([H, [123, "가"], ["123", "나"]]),
    students: [S(123, { name: "나" })],
    rejected: ["duplicate_in_file"],
    result: { outcome: "partial" },
  },
  {
    name: "fullwidth-digits",
    row: "X4",
    trait: "full-width digits typed with an input method are the same number",
    bytes: () => book([H, ["２０２４０００１", "가"], ["Ｓ－１", "나"], ["20240001", "다"]]),
    students: [S("20240001", { name: "다" }), S("S-1", { name: "나" })],
    rejected: ["duplicate_in_file"],
  },
  {
    name: "grade-formats",
    row: "X4",
    trait: '3, "3", "3학년", number format 0"학년"',
    bytes: () =>
      book(
        [
          ["학번", "이름", "학년"],
          [1, "홍길동", 3],
          [2, "홍길동", "3"],
          [3, "홍길동", " 3 학년 "],
          [4, "홍길동", styled(3, 1)],
        ],
        { formats: ['0"학년"'] },
      ),
    students: [1, 2, 3, 4].map((n) => S(n, { grade: 3 })),
  },
  {
    name: "class-fmt",
    row: "X4",
    trait: 'class 3 with format 0"반" is shown as 3반',
    bytes: () =>
      book(
        [
          ["학번", "이름", "반"],
          [1, "홍길동", styled(3, 1)],
        ],
        { formats: ['0"반"'] },
      ),
    students: [S(1, { class_name: "3반" })],
  },
  {
    name: "name-is-number",
    row: "–",
    trait: "a name that is a number",
    bytes: () => book([H, [1, 123]]),
    students: [S(1, { name: "123" })],
  },
  {
    name: "bool-class",
    row: "–",
    trait: "a class TRUE",
    bytes: () =>
      book([
        ["학번", "이름", "반"],
        [1, "홍길동", (r) => `<c r="${r}" t="b"><v>1</v></c>`],
      ]),
    students: [S(1, { class_name: "TRUE" })],
  },
  {
    name: "not-dates",
    row: "X4",
    trait: `formats that are no dates: ${FORMATS.join(" · ")}`,
    bytes: () =>
      book([["학번", "이름", "메모"], ...FORMATS.map((_, i) => [i + 1, "홍길동", styled(46082, i + 1)])], {
        formats: FORMATS,
      }),
    students: SHOWN.map((memo, i) => S(i + 1, { memo })),
  },
  {
    name: "phones",
    row: "X14",
    trait: "number without its zero; text; a format; dots; text without its zero; area code; +82; full-width",
    bytes: () =>
      book(
        [
          ["학번", "이름", "전화번호"],
          [1, "홍길동", 1012345678],
          [2, "홍길동", "01012345678"],
          [3, "홍길동", styled(1012345678, 1)],
          [4, "홍길동", "010.1234.5678"],
          [5, "홍길동", "1012345678"],
          [6, "홍길동", "02-123-4567"],
          [7, "홍길동", "+82 10-1234-5678"],
          [8, "홍길동", "０１０－１２３４－５６７８"],
          [9, "홍길동", "010–1234–5678"],
          [10, "홍길동", "없음"],
        ],
        { formats: ["000-0000-0000"] },
      ),
    students: [
      ...[1, 2, 3, 4, 5].map((n) => S(n, { phone: "010-1234-5678" })),
      S(6, { phone: "02-123-4567" }),
      S(7, { phone: "+82 10-1234-5678" }),
      S(8, { phone: "010-1234-5678" }),
      S(9, { phone: "010-1234-5678" }),
    ],
    rejected: ["phone_invalid"],
  },
];
