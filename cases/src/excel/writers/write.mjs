/* Writes the same students with SheetJS or exceljs: node write.mjs VARIANT FILE; or reads a file: node write.mjs read-… FILE */
import { createRequire } from "node:module";
import { join } from "node:path";

const [variant, file] = process.argv.slice(2);
const load = createRequire(join(process.cwd(), "package.json"));
const H = ["학번", "이름", "학년", "학교", "반", "전화번호", "학부모연락처", "등록일", "메모", "이메일"];
const rowsOf = (day) => [
  [
    20260001,
    "홍길동",
    1,
    "가람고등학교",
    "1반",
    "010-1234-5678",
    "010-8765-4321",
    day(2026, 2, 1),
    "첫 줄\n둘째 줄",
    "hong@example.com",
  ],
  [
    "S-0002",
    "김철수 <A&B>",
    12,
    "나래중학교",
    "햇살",
    "010-0000-0002",
    null,
    day(2026, 2, 2),
    " 앞뒤 공백 ",
    "kim@example.com",
  ],
  ["003", "이영희🎓", "3학년", null, null, null, null, day(1999, 11, 31), "=1+1 이 아님", null],
];
const local = (...at) => new Date(...at);
const utc = (...at) => new Date(Date.UTC(...at));

function bySheetJs(options, sheetOptions = {}) {
  const XLSX = load("xlsx");
  const book = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([H, ...rowsOf(local)], sheetOptions), "명단");
  XLSX.writeFile(book, file, options);
}

async function byExcelJs(day) {
  const book = new (load("exceljs").Workbook)();
  const sheet = book.addWorksheet("명단");
  for (const row of [H, ...rowsOf(day)]) sheet.addRow(row);
  sheet.getColumn(8).numFmt = "yyyy-mm-dd";
  await book.xlsx.writeFile(file);
}

async function byExcelJsStream(useSharedStrings) {
  const { WorkbookWriter } = load("exceljs").stream.xlsx;
  const book = new WorkbookWriter({ filename: file, useStyles: true, useSharedStrings });
  const sheet = book.addWorksheet("명단");
  for (const cells of [H, ...rowsOf(utc)]) {
    const row = sheet.addRow(cells);
    if (cells !== H) row.getCell(8).numFmt = "yyyy-mm-dd";
    row.commit();
  }
  await book.commit();
}

function readBySheetJs() {
  const XLSX = load("xlsx");
  const book = XLSX.readFile(file);
  console.log(
    JSON.stringify(XLSX.utils.sheet_to_json(book.Sheets[book.SheetNames[0]], { header: 1, defval: null })),
  );
}

async function readByExcelJs() {
  const book = new (load("exceljs").Workbook)();
  await book.xlsx.readFile(file);
  const rows = [];
  book.worksheets[0].eachRow((row) => rows.push(Array.from(row.values, (value) => value ?? null).slice(1)));
  console.log(JSON.stringify(rows));
}

const VARIANTS = {
  sheetjs: () => bySheetJs({}),
  "sheetjs-sst": () => bySheetJs({ bookSST: true }),
  "sheetjs-compressed": () => bySheetJs({ compression: true }),
  "sheetjs-celldates": () => bySheetJs({}, { cellDates: true }),
  "sheetjs-celldates-iso": () => bySheetJs({ cellDates: true }, { cellDates: true }),
  exceljs: () => byExcelJs(utc),
  "exceljs-stream-sst": () => byExcelJsStream(true),
  "exceljs-stream-inline": () => byExcelJsStream(false),
  "read-sheetjs": readBySheetJs,
  "read-exceljs": readByExcelJs,
};
await VARIANTS[variant]();
