import { describe, expect, it } from "vitest";
import { STUDENT_COLUMNS } from "../../src/jobs/excel-import/index.ts";
import { ImportBench, type Cells } from "./import-fixture.ts";

const bench = new ImportBench();
const TITLES = ["학번", "이름", "학년"];
const numbered = (count: number, name = "학생"): Cells[] =>
  Array.from({ length: count }, (_, i) => [String(1_000 + i), `${name}${i}`, (i % 12) + 1]);

describe("an import", () => {
  it("takes every column as people write it, in any order, with extra columns and blank rows", async () => {
    const path = await bench.workbook([
      ["2026년 1학기 학생 명단"],
      [],
      [
        "비고",
        "학번 ",
        "E-mail",
        " 이름*",
        "학년(필수)",
        "학교",
        "혈액형",
        "반",
        "전화번호",
        "학부모 연락처",
        "등록일",
      ],
      [
        "체험",
        20260001,
        "a@b.kr",
        "  홍길동 ",
        "3학년",
        "한빛초",
        "A",
        2,
        1012345678,
        "02-123-4567",
        new Date(Date.UTC(2026, 2, 1)),
      ],
      [null, "   ", null, "", null, null, "O"],
      [
        "",
        "00420",
        "",
        "=김\u0000철수\u200b",
        " 12 ",
        "",
        "",
        "3반",
        "01098765432",
        "+82 10-1234-5678",
        "2026. 3. 1.",
      ],
    ]);
    expect(await bench.run(path, { tenant: "columns" })).toEqual({
      outcome: "partial",
      total: 2,
      inserted: 2,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      columns_used: [
        "학번",
        "이름*",
        "학년(필수)",
        "학교",
        "반",
        "전화번호",
        "학부모 연락처",
        "등록일",
        "비고",
        "E-mail",
      ],
      columns_ignored: ["혈액형"],
      sheets_ignored: [],
      sheets_hidden: [],
      hidden_rows: 0,
      errors: [],
      rejected_url: null,
    });
    expect(await bench.students("columns")).toEqual([
      {
        student_no: "00420",
        name: "=김철수",
        grade: 12,
        class_name: "3반",
        phone: "010-9876-5432",
        parent_phone: "+82 10-1234-5678",
        registered_on: "2026-03-01",
      },
      {
        student_no: "20260001",
        name: "홍길동",
        grade: 3,
        school: "한빛초",
        class_name: "2",
        phone: "010-1234-5678",
        parent_phone: "02-123-4567",
        registered_on: "2026-03-01",
        memo: "체험",
        email: "a@b.kr",
      },
    ]);
  });

  it("reads several sheets, ignores hidden ones and those without a header, knows English titles", async () => {
    const path = await bench.workbook(
      { name: "안내", rows: [["이 파일은 견본입니다"]] },
      {
        name: "One",
        rows: [
          ["student_no", "name"],
          ["1", "a"],
        ],
      },
      {
        name: "Two",
        rows: [
          ["Name", "Student No."],
          ["b", "2"],
          ["Name", "Student No."],
          ["c", "3"],
        ],
      },
      { name: "숨김", hidden: true, rows: [TITLES, ["4", "d"]] },
    );
    expect(await bench.run(path, { tenant: "sheets" })).toMatchObject({
      outcome: "partial",
      total: 3,
      inserted: 3,
      rejected: 0,
      sheets_ignored: ["안내"],
      sheets_hidden: ["숨김"],
    });
    expect((await bench.students("sheets")).map(({ student_no, name }) => [student_no, name])).toEqual([
      ["1", "a"],
      ["2", "b"],
      ["3", "c"],
    ]);
  });

  it("counts what is new, what differs and what is the same, and does not touch the same", async () => {
    await bench.run(await bench.workbook([TITLES, ...numbered(10)]), { tenant: "counts" });
    const before = await bench.pool.query(
      "SELECT student_no, xmin::text, ctid::text FROM statusplane_academy.student WHERE tenant_id = 'counts' ORDER BY 1",
    );
    const again = await bench.workbook([
      TITLES,
      ...numbered(12).map((row, i) => (i === 3 ? [row[0], "새 이름", row[2]] : row)),
    ]);
    expect(await bench.run(again, { tenant: "counts" })).toMatchObject({
      total: 12,
      inserted: 2,
      updated: 1,
      unchanged: 9,
    });
    const after = await bench.pool.query(
      "SELECT student_no, xmin::text, ctid::text FROM statusplane_academy.student WHERE tenant_id = 'counts' ORDER BY 1 LIMIT 10",
    );
    expect(
      after.rows.filter((row, i) => JSON.stringify(row) === JSON.stringify(before.rows[i])),
    ).toHaveLength(9);
  });

  it("leaves alone what the file does not have, and what its cells do not say", async () => {
    const whole = [
      "1",
      "홍길동",
      3,
      "한빛초",
      "2반",
      "010-1234-5678",
      "02-123-4567",
      "2026-03-01",
      "메모",
      "a@b.kr",
    ];
    const all = STUDENT_COLUMNS.map(([, title]) => title);
    await bench.run(await bench.workbook([all, whole]), { tenant: "kept" });
    const [before] = await bench.students("kept");
    const blanks = ["1", "홍길동", "", null, " ", "\u200b", "", null, "", ""];
    for (const rows of [
      [
        ["이름", "학번"],
        ["홍길동", "1"],
      ],
      [all, blanks],
    ]) {
      expect(await bench.run(await bench.workbook(rows), { tenant: "kept" })).toMatchObject({
        outcome: "complete",
        updated: 0,
        unchanged: 1,
      });
      expect(await bench.students("kept")).toEqual([before]);
    }
    const moved = await bench.workbook([
      ["학번", "이름", "반", "메모"],
      ["1", "홍길동", "3반", null],
    ]);
    expect(await bench.run(moved, { tenant: "kept" })).toMatchObject({ updated: 1, unchanged: 0 });
    expect(await bench.students("kept")).toEqual([{ ...before, class_name: "3반" }]);
  });

  it("rejects bad rows with sheet, row, column and reason, however many, and imports the good ones", async () => {
    const path = await bench.workbook({
      name: "명단",
      rows: [
        [...TITLES, "등록일", "전화번호", "이메일", "메모"],
        ["1", "좋은 행", 1],
        ["", "번호 없음"],
        ["2", " "],
        ["3", "학년", 13],
        ["4", "날짜", 1, "2026-02-30"],
        ["5", "전화", 1, "", "전화 없음"],
        ["6", "메일", 1, "", "", "a b@c"],
        [1.5, "번호"],
        ["7", "긴 메모", 1, "", "", "", "가".repeat(2_001)],
        ["8", "둘", 0, "언제"],
      ],
    });
    const result = await bench.run(path, { tenant: "bad", id: "bad" });
    expect(result).toMatchObject({
      total: 10,
      inserted: 1,
      rejected: 9,
      rejected_url: "/api/v1/jobs/bad/rejected.xlsx",
    });
    expect(result.errors.map(({ sheet, row, column, code }) => [sheet, row, column, code])).toEqual([
      ["명단", 3, "학번", "student_no_missing"],
      ["명단", 4, "이름", "name_missing"],
      ["명단", 5, "학년", "grade_invalid"],
      ["명단", 6, "등록일", "date_invalid"],
      ["명단", 7, "전화번호", "phone_invalid"],
      ["명단", 8, "이메일", "email_invalid"],
      ["명단", 9, "학번", "student_no_invalid"],
      ["명단", 10, "메모", "too_long"],
      ["명단", 11, "학년", "grade_invalid"],
    ]);
    const rejected = await bench.rejected("bad", { tenant: "bad" });
    expect(rejected).toHaveLength(10);
    expect(rejected[0]?.cells.slice(0, 3)).toEqual(TITLES);
    expect(rejected[9]?.cells.slice(-5)).toEqual([
      "명단",
      11,
      "학년; 등록일",
      "grade_invalid; date_invalid",
      "학년은 1부터 12까지의 정수여야 합니다.; " +
        "날짜를 알 수 없습니다. 네 자리 연도부터 연-월-일 순서로 입력해 주세요. 예: 2026-03-01",
    ]);
  });

  it("shows the first 20 errors and keeps all of them in a workbook that can be imported again", async () => {
    const rows = Array.from({ length: 30 }, (_, i): Cells => [String(i), "", 1]);
    const result = await bench.run(await bench.workbook([TITLES, ...rows]), { tenant: "many", id: "many" });
    expect(result).toMatchObject({ total: 30, inserted: 0, rejected: 30 });
    expect(result.errors).toHaveLength(20);
    const path = `${bench.folder}/outputs/many/many/1/rejected.xlsx`;
    expect(await bench.run(path, { tenant: "many", id: "again" })).toMatchObject({ total: 30, rejected: 30 });
  });

  it("shows fewer errors where they are long, so that its result still travels with the snapshot", async () => {
    const date = `등록일(${"가".repeat(34)})`;
    const rows = Array.from({ length: 20 }, (_, i): Cells => [String(i), "홍길동", "언제"]);
    const path = await bench.workbook({ name: "가".repeat(31), rows: [["학번", "이름", date], ...rows] });
    const result = await bench.run(path, { tenant: "long" });
    expect(result).toMatchObject({ outcome: "none", rejected: 20 });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(8_192);
    expect(result.errors.length).toBeLessThan(20);
    expect(result.errors[0]).toMatchObject({ row: 2, column: date, code: "date_invalid" });
  });

  it("lets the last of equal student numbers win, over chunks and sheets, and rejects the earlier ones", async () => {
    const path = await bench.workbook(
      [TITLES, ["1", "처음", 1], ...numbered(9), ["1", "둘째", 2]],
      [TITLES, ["1", "", 3], [" 1 ", "셋째", 3]],
    );
    const result = await bench.run(path, { tenant: "equal", chunkRows: 3 });
    expect(result).toMatchObject({ total: 13, inserted: 10, updated: 0, rejected: 3 });
    expect(result.errors.map(({ row, code }) => [row, code])).toEqual([
      [2, "duplicate_in_file"],
      [12, "duplicate_in_file"],
      [2, "name_missing"],
    ]);
    expect((await bench.students("equal"))[0]).toMatchObject({ student_no: "1", name: "셋째", grade: 3 });
  });

  it("tells equal student numbers that stand in either of two columns", async () => {
    const path = await bench.workbook([
      ["학번", "student id", "이름"],
      ["\u200b", "S-1", "하나"],
      ["\u200b", "S-1", "둘"],
    ]);
    expect(await bench.run(path, { tenant: "either-column" })).toMatchObject({
      inserted: 1,
      rejected: 1,
      errors: [{ row: 2, code: "duplicate_in_file" }],
    });
  });

  it("keeps tenants with equal student numbers apart", async () => {
    const path = await bench.workbook([TITLES, ...numbered(2)]);
    await bench.run(path, { tenant: "left", id: "same" });
    expect(await bench.run(path, { tenant: "right", id: "same" })).toMatchObject({
      inserted: 2,
      unchanged: 0,
    });
  });

  it("tells its steps, a percentage that reaches the end, and the counts so far", async () => {
    for (const list of Object.values(bench.told)) list.length = 0;
    await bench.run(await bench.workbook([TITLES, ...numbered(10)]), { tenant: "tells", chunkRows: 4 });
    expect(bench.told.steps).toEqual(["check", "import", "finish"]);
    expect(bench.told.percents.at(-1)).toBe(100);
    expect(bench.told.partials.map((partial) => (partial as { inserted: number }).inserted)).toEqual([
      0, 4, 8, 10,
    ]);
    expect(bench.told.kept.at(-1)).toEqual({
      total: 10,
      inserted: 10,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      errors: [],
      rejected_url: null,
    });
  });

  it("costs one statement per chunk, its checkpoint included", async () => {
    let statements = 0;
    const database = {
      query: (...query: Parameters<typeof bench.database.query>) => {
        statements++;
        return bench.database.query(...query);
      },
    };
    await bench.run(await bench.workbook([TITLES, ...numbered(10)]), {
      tenant: "cost",
      chunkRows: 5,
      database,
    });
    expect(statements).toBe(2);
  });
});

describe("a file that is no workbook of students", () => {
  it.each([
    ["a text", () => bench.file("hello, I am no workbook, only a text"), "workbook_unreadable"],
    [
      "a password",
      () => {
        const compound = Buffer.alloc(1_024); // sectors of 512 bytes, the directory in the first
        compound.write("d0cf11e0a1b11ae1", "hex");
        compound.writeUInt16LE(9, 30);
        compound.write("EncryptedPackage", 512, "utf16le");
        return bench.file(compound);
      },
      "workbook_encrypted",
    ],
    [
      "no header",
      () =>
        bench.workbook(
          [
            ["이름", "나이"],
            ["a", 1],
          ],
          [["학번"], ["1"]],
        ),
      "workbook_no_header",
    ],
    [
      "a header too far down",
      () => bench.workbook([...Array.from({ length: 20 }, () => ["x"]), TITLES, ["1", "a", 1]]),
      "workbook_no_header",
    ],
    ["no file", () => Promise.resolve(null), "input_gone"],
  ])("ends the job with a code that no further try would mend: %s", async (_, file, code) => {
    await expect(bench.run(await file(), { tenant: "refused" })).rejects.toMatchObject({
      name: "JobError",
      code,
      retryable: false,
    });
    expect(await bench.students("refused")).toEqual([]);
  });
});
