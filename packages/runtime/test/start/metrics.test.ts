import { eventually, withClient } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StartBench, type Started } from "./start-bench.ts";

let bench: StartBench;
let program: Started;
beforeAll(async () => {
  bench = await StartBench.open({ status: ["--appendonly", "yes"], queue: [] });
  program = await bench.started("api", {
    TIMINGS: '{"tickMs":100,"sweepEveryMs":100,"requestDeadlineMs":1000}',
  });
});
afterAll(() => bench.close());

/** The value of one series, null where it is not there. */
async function metric(series: string): Promise<number | null> {
  const text = await (await program.get("/metrics")).text();
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}
const above = (series: string, least: number): Promise<number> =>
  eventually(`${series} is above ${least}`, async () => {
    const value = await metric(series);
    return value !== null && value > least ? value : null;
  });

async function submitCopy(): Promise<string> {
  const form = new FormData();
  form.set("job_type", "copy");
  form.set("file", new Blob(["text"]), "a.txt");
  const answer = await program.send("POST", "/api/v1/jobs/", form);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { job_id: string }).job_id;
}

describe("/metrics shows an operator", () => {
  it("statements by cause, none of them for watching", async () => {
    const id = await submitCopy();
    await program.get(`/api/v1/jobs/${id}/`);
    for (const cause of ["work", "housekeeping", "people"]) {
      await above(`statusplane_statements_total{cause="${cause}"}`, 0);
    }
    expect(await metric('statusplane_statements_total{cause="watching"}')).toBe(0);
  });

  it("polls and detail reads, misses apart", async () => {
    await program.get("/api/v1/jobs/nobody/progress/");
    await program.get("/api/v1/progress/?active=1");
    await program.get("/api/v1/jobs/nobody/");
    expect(await above('statusplane_polls_total{route="job",answer="missing"}', 0)).toBeGreaterThan(0);
    await above('statusplane_polls_total{route="active",answer="found"}', 0);
    await above('statusplane_http_requests_total{route="/api/v1/jobs/:id",method="GET",status="404"}', 0);
  });

  it("status writes by answer, refused and failed ones too", async () => {
    const id = await submitCopy();
    for (let i = 0; i < 2; i++) await program.send("POST", `/api/v1/jobs/${id}/cancel/`); // the second says it again
    expect(
      await above('statusplane_status_writes_total{kind="finish",answer="duplicate"}', 0),
    ).toBeGreaterThan(0);
    await above('statusplane_status_writes_total{kind="announce",answer="accepted"}', 0);
    bench.status.pause();
    try {
      await program.send("POST", `/api/v1/jobs/${id}/cancel/`);
      await above('statusplane_status_writes_total{kind="finish",answer="unavailable"}', 0);
    } finally {
      bench.status.resume();
    }
  });

  it("the status store's memory, and its keys by class", async () => {
    await above('statusplane_store_memory_bytes{of="used"}', 0);
    expect(await metric('statusplane_store_keys{class="live"}')).not.toBeNull();
    expect(await metric('statusplane_store_keys{class="finished"}')).not.toBeNull();
    const bounded = await bench.started("progress", { FINISHED_TTL_SECONDS: "86400" });
    const text = await (await bounded.get("/metrics")).text();
    expect(text).toMatch(/^statusplane_store_keys\{class="live_or_finished"\} \d+$/m);
    expect(text).not.toMatch(/class="finished"/);
  });

  it("the outbox with the age of what is not repaired, losses of data, and stalled jobs", async () => {
    const id = await submitCopy();
    await above("statusplane_reconciler_leading", 0);
    await withClient(bench.postgres.url, (client) =>
      client.query(
        "UPDATE statusplane.job SET status = 'PROCESSING', tries = 1, lease_until = now() - interval '1 s' WHERE id = $1",
        [id],
      ),
    );
    await above('statusplane_reconciler_total{what="stalled_jobs_ended"}', 0);
    await above('statusplane_reconciler_total{what="applied"}', 0);
    for (const series of [
      "statusplane_outbox_entries",
      "statusplane_oldest_unrepaired_seconds",
      'statusplane_reconciler_total{what="losses_seen"}',
      "statusplane_lost_hints_total",
    ]) {
      expect([series, await metric(series)]).toEqual([series, expect.any(Number)]);
    }
  });

  it("how many deliveries wait, from the start on", async () => {
    expect(await above('statusplane_queue_depth{job_type="copy"}', -1)).toBeGreaterThanOrEqual(0);
  });

  it("its connections to Postgres, and nothing that names a tenant or a job", async () => {
    await above('statusplane_database_connections{state="open"}', 0);
    const id = await submitCopy();
    await program.get(`/api/v1/jobs/${id}/progress/`);
    const text = await (await program.get("/metrics")).text();
    expect(text).not.toContain(id);
    expect(text).not.toMatch(/tenant/);
  });
});
