"""Writes the same students with openpyxl or XlsxWriter.   write.py VARIANT FILE; or reads a file: write.py read FILE"""
import datetime
import json
import sys

H = ["학번", "이름", "학년", "학교", "반", "전화번호", "학부모연락처", "등록일", "메모", "이메일"]
R = [
    [20260001, "홍길동", 1, "가람고등학교", "1반", "010-1234-5678", "010-8765-4321", datetime.date(2026, 3, 1), "첫 줄\n둘째 줄", "hong@example.com"],
    ["S-0002", "김철수 <A&B>", 12, "나래중학교", "햇살", "010-0000-0002", None, datetime.datetime(2026, 3, 2, 18, 30), " 앞뒤 공백 ", "kim@example.com"],
    ["003", "이영희🎓", "3학년", None, None, None, None, datetime.date(1999, 12, 31), "=1+1 이 아님", None],
]


def by_openpyxl(path, is_1904=False, write_only=False):
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=write_only)
    if is_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.create_sheet("명단") if write_only else book.active
    for row in [H] + R:
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell in cells:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.data_type = "s"  # a text that only looks like a formula
        sheet.append(cells)
    book.save(path)


def by_xlsxwriter(path, table=False, rich=False, **options):
    import xlsxwriter

    options = {**options, "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}
    book = xlsxwriter.Workbook(path, options)
    sheet = book.add_worksheet("명단")
    bold = book.add_format({"bold": True})
    for at, row in enumerate([H] + R):
        for column, value in enumerate(row):
            if rich and at > 0 and column == 1:
                sheet.write_rich_string(at, column, value[0], bold, value[1], value[2:])
            elif value is not None:
                sheet.write(at, column, value)
    if table:
        sheet.add_table(0, 0, len(R), len(H) - 1, {"columns": [{"header": title} for title in H]})
    book.close()


def read(path):
    import openpyxl

    sheet = openpyxl.load_workbook(path).active
    print(json.dumps([[cell.value for cell in row] for row in sheet.iter_rows()], ensure_ascii=False, default=str))


VARIANTS = {
    "openpyxl": by_openpyxl,
    "openpyxl-write-only": lambda path: by_openpyxl(path, write_only=True),
    "openpyxl-1904": lambda path: by_openpyxl(path, is_1904=True),
    "xlsxwriter": by_xlsxwriter,
    "xlsxwriter-constant-memory": lambda path: by_xlsxwriter(path, constant_memory=True),
    "xlsxwriter-1904": lambda path: by_xlsxwriter(path, date_1904=True),
    "xlsxwriter-zip64": lambda path: by_xlsxwriter(path, use_zip64=True),
    "xlsxwriter-table": lambda path: by_xlsxwriter(path, table=True),
    "xlsxwriter-rich": lambda path: by_xlsxwriter(path, rich=True),
    "read": read,
}
VARIANTS[sys.argv[1]](sys.argv[2])
