import { JobError, type Json } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { defineJob, type JobDefinition } from "@statusplane/worker";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Application } from "../../src/index.ts";
import { StartBench, type Started } from "./start-bench.ts";

/** Tries follow each other at once. */
const TIMINGS = '{"retryBackoffMs":{"first":1,"max":1},"requestDeadlineMs":2000}';

let bench: StartBench;
let starts = 0;
beforeAll(async () => {
  bench = await StartBench.open({ status: [], queue: [] });
});
afterAll(() => bench.close());
afterEach(() => bench.stopAll());

/** An application whose one job type never succeeds. */
const failing = (maxTries: number): Application => ({
  jobs: [
    defineJob({
      type: "failing",
      steps: [],
      maxTries,
      parse: (payload) => {
        if (payload !== "ok") throw new JobError("invalid_payload", { message: "only ok is" });
        return payload;
      },
      run: async () => {
        starts += 1;
        throw new JobError("busy", { retryable: true });
      },
    }),
  ],
});

async function submit(program: Started, payload: Json): Promise<string> {
  const answer = await program.send("POST", "/api/v1/jobs/", { job_type: "failing", payload });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { job_id: string }).job_id;
}
const failed = (program: Started, id: string): Promise<unknown> =>
  eventually("it has failed", async () => {
    const body = (await (await program.get(`/api/v1/jobs/${id}/progress/`)).json()) as { status: string };
    return body.status === "FAILED" ? body : null;
  });
const detail = async (program: Started, id: string): Promise<unknown> =>
  (await program.get(`/api/v1/jobs/${id}/`)).json();

describe("a job type's definition, in the whole program", () => {
  it("says how often it is started, a person's retry included", async () => {
    starts = 0;
    const program = await bench.started("all", { TIMINGS }, failing(1));
    const id = await submit(program, "ok");
    expect(await failed(program, id)).toMatchObject({ error_code: "busy", attempt: 1 });
    expect([starts, await detail(program, id)]).toMatchObject([1, { tries: 1, max_tries: 1 }]);
    expect((await program.send("POST", `/api/v1/jobs/${id}/retry/`)).status).toBe(202);
    await eventually("it was started again", () => starts === 2);
    expect(await failed(program, id)).toMatchObject({ attempt: 2 });
    expect([starts, await detail(program, id)]).toMatchObject([2, { tries: 1, max_tries: 1 }]);
    expect(program.lines().filter(({ msg }) => msg?.startsWith("failing "))).toMatchObject([
      { msg: `failing ${id} attempt 1 failed: busy; failed for good at try 1 of 1` },
      { msg: `failing ${id} attempt 2 failed: busy; failed for good at try 1 of 1` },
    ]);
  });

  it("counts as it was at the submit, also when it has another number by the time it is run", async () => {
    starts = 0;
    const before = await bench.started("api", { TIMINGS }, failing(2));
    const id = await submit(before, "ok");
    await before.stop();
    const after = await bench.started("all", { TIMINGS }, failing(5));
    await failed(after, id);
    expect([starts, await detail(after, id)]).toMatchObject([2, { attempt: 2, tries: 2, max_tries: 2 }]);
  });

  it("is asked at the submit whether the payload fits", async () => {
    const program = await bench.started("api", {}, failing(1));
    const answer = await program.send("POST", "/api/v1/jobs/", { job_type: "failing", payload: "no" });
    expect(await answer.json()).toMatchObject({
      status: 422,
      code: "invalid_payload",
      detail: "작업 입력이 올바르지 않습니다. (only ok is)",
    });
  });

  it("is there once", async () => {
    const [job] = failing(1).jobs as readonly JobDefinition[];
    const twice = { jobs: [job, job] as readonly JobDefinition[] };
    await expect(bench.start("progress", {}, twice)).rejects.toThrow("the job type failing is there twice");
  });
});
