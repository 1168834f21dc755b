import { StatusplaneError } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { writeXlsx } from "hucre/xlsx";
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { ImportDatabase } from "../../src/jobs/excel-import/index.ts";
import type { ReaderOrder } from "../../src/jobs/excel-import/reader-messages.ts";
import { ImportBench, messagesOf, type Cells } from "./import-fixture.ts";

const bench = new ImportBench();
const rows: Cells[] = [
  ["학번", "이름"],
  ...Array.from({ length: 10 }, (_, i): Cells => [String(i), i === 4 ? "" : `학생${i}`]),
];

/** Lets so many chunks pass, then does something instead of the next. */
function afterChunks(chunks: number, instead: () => Promise<void>): ImportDatabase {
  let left = chunks;
  return {
    query: async (cause, query) => {
      if (query.name === "import-write-chunk" && left-- === 0) await instead();
      return bench.database.query(cause, query);
    },
  };
}

/** Pids of processes whose command line names the reader of this workbook. */
async function readersOf(path: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, i) => lines[i]?.includes(path));
}

describe("an attempt", () => {
  it("writes nothing once it is fenced off", async () => {
    const path = await bench.workbook(rows);
    const id = "fenced";
    const takeOver = async (): Promise<void> => bench.claim("fenced", id, 2);
    const stale = bench.run(path, { tenant: "fenced", id, chunkRows: 3, database: afterChunks(1, takeOver) });
    await expect(stale).rejects.toMatchObject({ code: "fenced" });
    expect(await bench.students("fenced")).toHaveLength(3);
  });

  it.each(["PENDING", "CANCELLED"])("writes nothing once its row is %s", async (status) => {
    const path = await bench.workbook(rows);
    const end = status === "PENDING" ? "" : ", finished_at = now()";
    const ended = async (): Promise<void> => {
      await bench.pool.query(
        `UPDATE statusplane.job SET status = $1, lease_until = NULL ${end} WHERE tenant_id = 'ended' AND id = $2`,
        [status, status],
      );
    };
    const run = bench.run(path, { tenant: "ended", id: status, database: afterChunks(0, ended) });
    await expect(run).rejects.toMatchObject({ code: "fenced" });
    expect(await bench.students("ended")).toEqual([]);
  });

  it("goes on where the one before stopped, with the counts of both and all rejected rows", async () => {
    const path = await bench.workbook(rows);
    const options = { tenant: "resumed", id: "resumed", chunkRows: 2, apart: true };
    const lost = async (): Promise<void> => Promise.reject(new StatusplaneError("database_unavailable"));
    const first = bench.run(path, { ...options, database: afterChunks(2, lost) });
    await expect(first).rejects.toMatchObject({ code: "database_unavailable" });
    expect(await bench.students("resumed")).toHaveLength(4);
    await bench.pool.query(
      "UPDATE statusplane_academy.student SET memo = 'not written again' WHERE tenant_id = 'resumed'",
    );
    const result = await bench.run(path, { ...options, attempt: 2 });
    expect(result).toMatchObject({ total: 10, inserted: 9, updated: 0, unchanged: 0, rejected: 1 });
    expect((await bench.students("resumed")).filter(({ memo }) => memo === "not written again")).toHaveLength(
      4,
    );
    expect(await bench.rejected("resumed", { tenant: "resumed", attempt: 2 })).toHaveLength(2);
  });

  it("leaves word where nothing of its check is needed to go on: the next one reads the file once", async () => {
    const path = await bench.workbook(rows);
    const options = { tenant: "plain", id: "plain", chunkRows: 2 };
    const lost = async (): Promise<void> => Promise.reject(new StatusplaneError("database_unavailable"));
    const first = bench.run(path, { ...options, database: afterChunks(2, lost) });
    await expect(first).rejects.toMatchObject({ code: "database_unavailable" });
    const [resumeFrom = null] = bench.told.checkpoints;
    const result = await bench.run(path, { ...options, attempt: 2, resumeFrom });
    expect(result).toMatchObject({ total: 10, inserted: 9, updated: 0, unchanged: 0, rejected: 1 });
    const order = { path, rejectedPath: `${path}.rejected`, afterPosition: 0, chunkRows: 2 };
    const all = await messagesOf({ ...order, plain: false });
    expect(await messagesOf({ ...order, plain: true })).toEqual(
      all.filter(({ type }) => type !== "checking"),
    );
    const asked: ReaderOrder[] = [];
    await bench.run(path, { ...options, attempt: 3, resumeFrom, onOrder: (each) => asked.push(each) });
    await bench.run(path, { ...options, attempt: 4, onOrder: (each) => asked.push(each) });
    expect(asked.map(({ plain }) => plain)).toEqual([true, false]);
  });

  it("tells no speed of what it passes over because an earlier attempt wrote it", async () => {
    const path = await bench.workbook(rows);
    const order = { path, rejectedPath: `${path}.rejected`, chunkRows: 2, plain: true };
    const passing = await messagesOf({ ...order, afterPosition: 10_000 });
    expect(passing.map(({ type }) => type)).toEqual(["checked", "done"]);
  });

  it("checks the file again where a number repeats or cells are merged", async () => {
    const repeated = await bench.workbook([...rows, ["3", "다시"]]);
    const merged = await bench.file(
      await writeXlsx({
        sheets: [
          {
            name: "s",
            rows: rows.map((row) => row.map((cell) => cell ?? null)),
            merges: [{ startRow: 3, startCol: 0, endRow: 4, endCol: 0 }],
          },
        ],
      }),
    );
    for (const path of [repeated, merged]) {
      const order = { path, rejectedPath: `${path}.rejected`, afterPosition: 0, chunkRows: 2, plain: false };
      expect(await messagesOf(order)).toContainEqual({ type: "checked", plain: false });
      bench.told.checkpoints.splice(0);
      await bench.run(path, { tenant: "checked-again" });
      expect(bench.told.checkpoints).toEqual([]);
    }
  });

  it("leaves its students when its job is removed, and nothing of how far it came", async () => {
    const path = await bench.workbook(rows);
    await bench.run(path, { tenant: "removed", id: "gone" });
    await bench.run(path, { tenant: "removed", id: "stays" });
    await bench.database.query("work", {
      name: "remove",
      text: `DELETE FROM :"statusplane".job WHERE tenant_id = 'removed' AND id = 'gone'`,
      values: [],
    });
    const { rows: left } = await bench.database.query("work", {
      name: "look",
      text: `SELECT job_id FROM :"academy".import_checkpoint WHERE tenant_id = 'removed'`,
      values: [],
    });
    expect(left).toEqual([{ job_id: "stays" }]);
    expect(await bench.students("removed")).toHaveLength(9);
  });

  it("stops at once when it is cancelled, keeps what is written, and leaves no process", async () => {
    const many: Cells[] = [
      ["학번", "이름"],
      ...Array.from({ length: 3_000 }, (_, i): Cells => [String(i), `학생${i}`]),
    ];
    const path = await bench.workbook(many);
    const controller = new AbortController();
    const cancel = async (): Promise<void> => controller.abort(new StatusplaneError("cancelled"));
    const run = bench.run(path, {
      tenant: "cancelled",
      id: "c",
      apart: true,
      chunkRows: 10,
      signal: controller.signal,
      database: afterChunks(3, cancel),
    });
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
    expect(bench.told.kept.at(-1)).toMatchObject({ total: 40, inserted: 40 });
    expect(await bench.students("cancelled")).toHaveLength(40);
    await eventually("the reader is gone", async () => (await readersOf(path)).length === 0);
  });

  it("is over before it begins when it was cancelled already", async () => {
    const run = bench.run(await bench.workbook(rows), {
      tenant: "early",
      apart: true,
      signal: AbortSignal.abort(new StatusplaneError("cancelled")),
    });
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
  });
});
