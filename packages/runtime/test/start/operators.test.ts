import { eventually, freePort } from "@statusplane/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { StartBench } from "./start-bench.ts";

let bench: StartBench;
beforeAll(async () => {
  bench = await StartBench.open({ status: [], queue: [] });
});
afterAll(() => bench.close());
afterEach(() => bench.stopAll());

describe("operators", () => {
  it("ask a worker how it does, where it is given a port", async () => {
    const worker = await bench.started("worker", { PORT: "0", TIMINGS: '{"tickMs":100}' });
    expect(await (await worker.get("/healthz")).json()).toEqual({ status: "ok" });
    const ready = await worker.get("/readyz");
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { ready: true, checks: { role: "worker", status_store: "ok" } },
    ]);
    const metrics = async (): Promise<string> => (await worker.get("/metrics")).text();
    await eventually("it has asked the database", async () =>
      /^statusplane_statements_total\{cause="housekeeping"\} [1-9]/m.test(await metrics()),
    );
    expect(await metrics()).toMatch(/^statusplane_jobs_running 0$/m);
    expect((await worker.get("/api/v1/progress/?active=1")).status).toBe(404); // it serves nobody else
  });

  it("have the same on a port of their own beside any other role, which then shows no metrics", async () => {
    const METRICS_PORT = String(await freePort());
    const api = await bench.started("api", { METRICS_PORT });
    expect((await api.get("/metrics")).status).toBe(404);
    const operators = `http://127.0.0.1:${METRICS_PORT}`;
    for (const path of ["/healthz", "/readyz", "/metrics"])
      expect([path, (await fetch(operators + path)).status]).toEqual([path, 200]);
    expect(await (await fetch(`${operators}/metrics`)).text()).toContain("statusplane_statements_total");
  });
});
