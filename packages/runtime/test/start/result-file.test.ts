import { eventually, withRedis } from "@statusplane/test-support";
import { defineJob } from "@statusplane/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StartBench, type Started } from "./start-bench.ts";

const REPORT = { lines: Array.from({ length: 400 }, (_, n) => `line ${n}`) };
const REPORTS = { jobs: [defineJob({ type: "report", steps: [], run: async () => REPORT })] };

describe("a result above RESULT_MAX_BYTES", () => {
  let bench: StartBench;
  let program: Started;
  beforeAll(async () => {
    bench = await StartBench.open({ status: [], queue: ["--maxmemory-policy", "noeviction"] });
    const env = { RESULT_INLINE_MAX_BYTES: "1024", RESULT_MAX_BYTES: "1024" };
    program = await bench.started("all", env, REPORTS);
  });
  afterAll(() => bench.close());

  /** Statements that people and watchers have caused so far. */
  async function statements(): Promise<number> {
    const metrics = await (await program.get("/metrics")).text();
    const counts = metrics.matchAll(/^statusplane_statements_total\{cause="(?:people|watching)"\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  it("is served by what the terminal snapshot names, without a statement, also after Redis lost everything", async () => {
    const submitted = await program.send("POST", "/api/v1/jobs/", { job_type: "report" });
    expect(submitted.status).toBe(202);
    const { job_id: id } = (await submitted.json()) as { readonly job_id: string };
    const progress = async () => (await program.get(`/api/v1/jobs/${id}/progress/`)).json();
    const done = await eventually("the report is there", async () => {
      const body = (await progress()) as { readonly status: string };
      return body.status === "DONE" ? body : null;
    });
    expect(done).toMatchObject({
      result: null,
      result_bytes: JSON.stringify(REPORT).length,
      result_file: "result.json",
      result_url: `/api/v1/jobs/${id}/result/`,
    });
    const read = async (): Promise<unknown> => (await program.get(`/api/v1/jobs/${id}/result/`)).json();
    const before = await statements();
    for (let n = 0; n < 20; n++) expect(await read()).toEqual(REPORT);
    expect(await statements()).toBe(before);

    await withRedis(bench.status.url, (redis) => redis.flushall());
    expect(await read()).toEqual(REPORT); // by the row, which is what Redis is told again
    await eventually("the snapshot is there again", async () =>
      ((await progress()) as { readonly result_file?: string }).result_file === "result.json" ? true : null,
    );
    const again = await statements();
    expect(again - before).toBe(1);
    for (let n = 0; n < 20; n++) expect(await read()).toEqual(REPORT);
    expect(await statements()).toBe(again);
  });
});
