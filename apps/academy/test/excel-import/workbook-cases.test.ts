import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WORKBOOK_CASES } from "../../../../cases/src/excel/list/index.ts";
import { ImportBench } from "./import-fixture.ts";

const bench = new ImportBench();
const REJECTED_CODE = -2;

describe("a workbook as other programs and people make it", () => {
  it.each(WORKBOOK_CASES.map((each) => [each.name, each] as const))("%s", async (name, each) => {
    const path = join(bench.folder, `${name}.xlsx`);
    await writeFile(path, each.bytes());
    const run = bench.run(path, { tenant: name, id: name });
    if ("code" in each) {
      await expect(run).rejects.toMatchObject({ code: each.code, retryable: false });
      expect(await bench.students(name)).toEqual([]);
      return;
    }
    const { students, rejected = [], result = {} } = each;
    expect(await run).toMatchObject({
      total: students.length + rejected.length,
      inserted: students.length,
      rejected: rejected.length,
      ...result,
    });
    expect(await bench.students(name)).toEqual(
      students.toSorted((a, b) => (a.student_no < b.student_no ? -1 : 1)),
    );
    const rows = rejected.length === 0 ? [] : await bench.rejected(name, { tenant: name });
    expect(rows.slice(1).map(({ cells }) => cells.at(REJECTED_CODE))).toEqual(rejected);
  });
});
