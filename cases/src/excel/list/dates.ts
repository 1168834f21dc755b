import { book, bookParts, rowsXml, sheetXml, styled, zipParts, type Row } from "../raw-workbook.ts";
import { S, type WorkbookCase } from "../workbook-case.ts";

const H = ["학번", "이름", "등록일"];
const MARCH_FIRST = "2026-03-01";
const SERIAL = 46_082;
const SERIAL_1904 = SERIAL - 1_462;
/** Said in such a way that it can be nothing else. */
const READ = [
  "2026. 3. 1.(일)",
  "2026년 3월 1일 일요일",
  "2026년3월1일",
  "2026-03-01(일)",
  "2026-3-1 오전 9:30",
  "2026. 03. 01. 오후 3:15:00",
  "2026년 3월 1일 오후 3시 15분",
  "2026-03-01T00:00:00+09:00",
  "2026-03-01T00:00:00.000Z",
  "2026/3/1 0:00",
  "２０２６-０３-０１",
  "2026–03–01",
  "20260301",
  "Mar 1, 2026",
  "1 March 2026",
];
/** Two digits of a year, an order that nobody knows, another day by the zone, no day, or more than one. */
const REFUSED = [
  "26.3.1",
  "'26.03.01",
  "3/1/2026",
  "1-Mar-26",
  "2026.03.01 ~",
  "2026-02-28T15:00:00.000Z",
  "2026-02-30",
  "2026-13-01",
  "3월 1일",
  "1026-03-01",
  "언제",
];

const dated = (
  cells: readonly (Row & object)[number][],
  formats: (string | number)[],
  date1904 = false,
): Buffer => book([H, ...cells.map((cell, i) => [i + 1, "홍길동", cell])], { formats, date1904 });
const marchFirsts = (count: number) =>
  Array.from({ length: count }, (_, i) => S(i + 1, { registered_on: MARCH_FIRST }));

/** A workbook of the 1904 system as Excel writes it since 2013: with an element of an extension that has the same name. */
function as1904ByExcel(): Buffer {
  const parts = bookParts([sheetXml(rowsXml([H, [1, "홍길동", styled(SERIAL_1904, 1)]]))], {
    formats: [14],
    date1904: true,
  });
  const extension =
    '<extLst><ext uri="{140A7094-0E35-4892-8432-C4D2E57EDEB5}" xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main">' +
    '<x15:workbookPr chartTrackingRefBase="1"/></ext></extLst></workbook>';
  return zipParts({
    ...parts,
    "xl/workbook.xml": (parts["xl/workbook.xml"] ?? "").replace("</workbook>", extension),
  });
}

const isoCell =
  (value: string) =>
  (reference: string): string =>
    `<c r="${reference}" t="d" s="1"><v>${value}</v></c>`;

/** Dates, as cells and as texts. */
export const DATE_CASES: readonly WorkbookCase[] = [
  {
    name: "date-evening",
    row: "–",
    trait: "a date, and the same with 18:00",
    bytes: () => dated([styled(SERIAL, 1), styled(SERIAL + 0.75, 2)], [14, 22]),
    students: marchFirsts(2),
  },
  {
    name: "date-sheetjs-kst",
    row: "X9",
    trait: "SheetJS in Seoul writes midnight 52 s early",
    bytes: () => dated([styled("46081.99939814815", 1)], [14]),
    students: marchFirsts(1),
  },
  {
    name: "date-1904",
    row: "X2",
    trait: "1904 date system",
    bytes: () => dated([styled(SERIAL_1904, 1)], [14], true),
    students: marchFirsts(1),
  },
  {
    name: "date-1904-as-excel-writes",
    row: "X2",
    trait: "1904 date system beside an extension's element of the same name",
    bytes: as1904ByExcel,
    students: marchFirsts(1),
  },
  {
    name: "date-unformatted",
    row: "X9",
    trait: "a day's number whose date format was lost",
    bytes: () => dated([SERIAL], []),
    students: [],
    rejected: ["date_unformatted"],
  },
  {
    name: "date-texts",
    row: "X9",
    trait: `dates as texts: ${READ.join(" · ")}`,
    bytes: () => dated(READ, []),
    students: marchFirsts(READ.length),
  },
  {
    name: "date-texts-unclear",
    row: "X9",
    trait: `texts that are no certain day: ${REFUSED.join(" · ")}`,
    bytes: () => dated(REFUSED, []),
    students: [],
    rejected: REFUSED.map(() => "date_invalid"),
  },
  {
    name: "date-out-of-range",
    row: "X7",
    trait: "days that no calendar has, or no table can hold",
    bytes: () =>
      dated(
        [
          isoCell("2026-13-45"),
          isoCell("2026-02-30"),
          isoCell("0000-00-00"),
          styled(-1, 1),
          styled(2_958_466, 1),
          styled("1e300", 1),
        ],
        [14],
      ),
    students: [],
    rejected: Array.from({ length: 6 }, () => "date_invalid"),
  },
  {
    name: "date-iso",
    row: "–",
    trait: "ISO dates as strict files have them",
    bytes: () => dated([isoCell("2026-03-01"), isoCell("2026-03-01T00:00:00Z"), isoCell("20260301")], [14]),
    students: marchFirsts(3),
  },
];
