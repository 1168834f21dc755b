import { eventually } from "@statusplane/test-support";
import { openAsBlob } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTcpProxy, type TcpProxy, type TcpTarget } from "../../drills/src/network/tcp-proxy.ts";
import { Api } from "./support/api.ts";
import { Deployment } from "./support/deployment.ts";
import { makeWorkbook } from "./support/inputs.ts";

const WATCHERS = 8;
/** Each connection is used at least twice in the second for which a process that leaves goes on answering. */
const POLL_EVERY_MS = 100;
const SUBMIT_EVERY_MS = 150;
const DRAIN = { DRAIN_SECONDS: "1" };

/** Everything that was not answered as it should be, while somebody uses an address all the time. */
class Use {
  readonly wrong: string[] = [];
  answers = 0;
  readonly #ended = new AbortController();
  readonly #loops: Promise<void>[] = [];

  every(pauseMs: number, expected: number, ask: () => Promise<{ readonly status: number }>): void {
    this.#loops.push(this.#repeat(pauseMs, expected, ask));
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#loops);
  }

  async #repeat(pauseMs: number, expected: number, ask: () => Promise<{ status: number }>): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const { status } = await ask().catch((error: Error) => ({ status: inspect(error.cause ?? error) }));
      if (status === expected) this.answers += 1;
      else this.wrong.push(String(status));
      await sleep(pauseMs);
    }
  }
}

describe("a deploy", () => {
  let deployment: Deployment;
  let balancer: TcpProxy;
  beforeAll(async () => {
    deployment = await Deployment.open();
    balancer = await startTcpProxy({ targets: [] });
  });
  afterAll(async () => {
    await balancer.close();
    await deployment.close();
  });

  it("replaces one api process after the other, and not a request meets a closed door", async () => {
    const programs = [await deployment.start("api", DRAIN), await deployment.start("api", DRAIN)];
    const targetOf = ({ url }: { readonly url: string }): TcpTarget => ({
      host: "127.0.0.1",
      port: Number(new URL(url).port),
    });
    balancer.setTargets(programs.map(targetOf));
    const api = new Api(`http://127.0.0.1:${balancer.port}`, await deployment.token("7"));
    const workbook = await makeWorkbook(deployment.folder, { rows: 3 });
    const use = new Use();
    for (let n = 0; n < WATCHERS; n++) {
      use.every(POLL_EVERY_MS, 200, () => api.call("/api/v1/progress/?active=1"));
    }
    use.every(SUBMIT_EVERY_MS, 202, async () => {
      const form = new FormData();
      form.set("job_type", "excel_import");
      form.set("file", await openAsBlob(workbook), "students.xlsx");
      return api.call("/api/v1/jobs/", { form });
    });
    for (const [n, leaving] of programs.entries()) {
      const before = use.answers;
      const stopped = leaving.stop();
      await expectNotReady(leaving.url);
      balancer.setTargets(programs.filter((program) => program !== leaving).map(targetOf));
      expect(await stopped).toBe(0);
      programs[n] = await deployment.start("api", DRAIN);
      balancer.setTargets(programs.map(targetOf));
      expect(use.answers).toBeGreaterThan(before + WATCHERS);
    }
    await use.end();
    expect(use.wrong).toEqual([]);
  });
});

/** Asked directly, as a balancer does, while it still answers everybody. */
async function expectNotReady(url: string): Promise<void> {
  const answer = await eventually("it is not ready any more", async () => {
    const asked = await fetch(`${url}/readyz`);
    return asked.status === 503 && asked;
  });
  expect(answer.headers.get("connection")).toBe("close");
  expect(await answer.json()).toMatchObject({ ready: false, checks: { leaving: true, status_store: "ok" } });
}
