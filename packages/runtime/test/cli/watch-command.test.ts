import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { JobError } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { defineJob } from "@statusplane/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Application } from "../../src/application.ts";
import { WATCH_EXITS, watchCommand, type WatchOptions } from "../../src/cli/watch-command.ts";
import { SECRET, StartBench, type Started } from "../start/start-bench.ts";

const SHOP = fileURLToPath(new URL("../programs/shop.ts", import.meta.url));
const step = { key: "count", label: { ko: "세기", en: "counting" } };
/** Counting waits for it before it ends. */
let counted = Promise.resolve();
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

/** One that ends as it should, one that does not, one that would never. */
const APPLICATION: Application = {
  jobs: [
    defineJob({
      type: "count",
      steps: [step],
      run: async (ctx) => {
        ctx.step("count");
        ctx.progress(20);
        await Promise.race([counted, aborted(ctx.signal)]);
        return { counted: 3 };
      },
    }),
    defineJob({
      type: "stumble",
      steps: [step],
      maxTries: 1,
      run: () => Promise.reject(new JobError("input_broken", { retryable: false })),
    }),
    defineJob({
      type: "linger",
      steps: [step],
      run: async (ctx) => {
        ctx.step("count");
        ctx.progress(50);
        return aborted(ctx.signal);
      },
    }),
  ],
};

describe("statusplane watch", () => {
  let bench: StartBench;
  let program: Started;
  let url: string;
  beforeAll(async () => {
    bench = await StartBench.open({ status: [], queue: ["--maxmemory-policy", "noeviction"] });
    program = await bench.started("all", {}, APPLICATION);
    url = / (?:is|are) at (\S+)\//.exec(program.said.join("\n"))?.[1] ?? "";
  });
  afterAll(() => bench.close());

  async function submit(type: string): Promise<string> {
    const answer = await program.send("POST", "/api/v1/jobs/", { job_type: type, title: `${type} 5월` });
    return ((await answer.json()) as { readonly job_id: string }).job_id;
  }

  const given: WatchOptions = {
    ...{ job: null, active: false, json: false, timeoutSeconds: 60 },
    ...{ url: null, tenant: "7" },
  };
  /** Watches in this process; what was written, and how it ended. */
  function watch(options: Partial<WatchOptions>, { isTTY = false, env = {} } = {}) {
    const written: string[] = [];
    const output = { isTTY, columns: 60, rows: 10, write: (text: string) => written.push(text) };
    const stop = new AbortController();
    const surroundings = { output, errors: process.stderr, stop: stop.signal };
    const settings = { JWT_SECRET: SECRET, STATUSPLANE_URL: url, ...env };
    const ended = watchCommand({ ...given, ...options }, settings, surroundings);
    return { ended, text: () => written.join(""), stop: () => stop.abort() };
  }

  /** Watches a job that counts, which ends when it is shown to run. */
  async function watchCount(isTTY: boolean): Promise<{ readonly job: string; readonly text: string }> {
    let end: () => void = () => undefined;
    counted = new Promise((resolve) => {
      end = resolve;
    });
    const job = await submit("count");
    const { ended, text } = watch({ job: `job:${job}` }, { isTTY });
    await eventually("it is shown to run", () => text().includes("20 %  1/1 세기"));
    end();
    expect(await ended).toBe(WATCH_EXITS.done);
    return { job, text: text() };
  }

  it("shows a job as it goes, and ends with 0 when it is done", async () => {
    const { job, text } = await watchCount(false);
    expect(text.trimEnd().split("\n").at(-1)).toBe(`${"█".repeat(24)} done  count 5월 (job:${job})`);
  });

  it("writes over its bar at a terminal, in one line that fits", async () => {
    const { text } = await watchCount(true);
    const frames = text.split("\u001b[J").slice(1);
    expect(frames.length).toBeGreaterThan(1);
    // oxlint-disable-next-line no-control-regex -- what moves the cursor is what is looked for
    for (const frame of frames) expect(frame).toMatch(/^[^\n]{1,59}\n(?:\u001b\[1A\r)?$/);
  });

  it("ends with 1 for one that failed, and says why", async () => {
    const { ended, text } = watch({ job: await submit("stumble"), json: true });
    expect(await ended).toBe(WATCH_EXITS.failed);
    const last = JSON.parse(text().trimEnd().split("\n").at(-1) ?? "") as unknown;
    expect(last).toMatchObject({ status: "FAILED", error_code: "input_broken", title: "stumble 5월" });
  });

  it("ends with 3 for one that somebody cancels, and lists it meanwhile among all that is live", async () => {
    const job = await submit("linger");
    const one = watch({ job });
    const all = watch({ active: true, json: true });
    await eventually("both show it", () => [one, all].every(({ text }) => text().includes(job)));
    await program.send("POST", `/api/v1/jobs/${job}/cancel/`);
    expect(await one.ended).toBe(WATCH_EXITS.cancelled);
    await eventually("the list tells its end", () => all.text().includes('"CANCELLED"'));
    all.stop();
    expect(await all.ended).toBe(WATCH_EXITS.stopped);
  });

  it("ends with 4 for one that is not known, and with 5 when the time is over", async () => {
    expect(await watch({ job: "nobody" }).ended).toBe(WATCH_EXITS.unknown);
    const job = await submit("linger");
    const late = [watch({ job, timeoutSeconds: 0.5 }), watch({ active: true, timeoutSeconds: 0.5 })];
    for (const { ended } of late) expect(await ended).toBe(WATCH_EXITS.timeout);
    await program.send("POST", `/api/v1/jobs/${job}/cancel/`);
  });

  it.each([
    ["nothing to watch", {}],
    ["two things", { job: "a", active: true }],
    ["an id that is none", { job: "video:a b" }],
    ["a time that is none", { job: "a", timeoutSeconds: Number.NaN }],
    ["an address that is none", { job: "a", url: "localhost:3000" }],
    ["nobody to sign in as", { job: "a", tenant: null }],
  ] as const)("refuses %s", async (_name, options) => {
    await expect(watch(options).ended).rejects.toMatchObject({ problems: [expect.any(String)] });
  });

  it("refuses a token that the server does not accept, once it says so", async () => {
    const { ended } = watch({ job: "a", tenant: null }, { env: { STATUSPLANE_TOKEN: "none of theirs" } });
    await expect(ended).rejects.toMatchObject({ problems: ["the server does not accept the sign-in"] });
  });

  it("as a process has these exit codes, and is gone with the job's end", async () => {
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, JWT_SECRET: SECRET };
    const args = ["watch", await submit("stumble"), "--url", url, "--tenant", "7", "--json"];
    const node = ["--conditions=statusplane-source", "--import", "tsx", SHOP, ...args];
    const child = spawn(process.execPath, node, { env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk) => (said += String(chunk)));
    expect(await once(child, "exit")).toEqual([WATCH_EXITS.failed, null]);
    expect(JSON.parse(said.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ status: "FAILED" });
  });
});
