import { eventually } from "@statusplane/test-support";
import { openAsBlob } from "node:fs";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTcpProxy, type TcpProxy, type TcpTarget } from "../../drills/src/network/tcp-proxy.ts";
import { Deployment } from "./support/deployment.ts";
import { makeWorkbook } from "./support/inputs.ts";

const WATCHERS = 8;
/** Each connection is used many times in the seconds after which one that is idle is closed, on a busy machine too. */
const POLL_EVERY_MS = 100;
const SUBMIT_EVERY_MS = 150;
/** A busy machine is slower than the stores' usual deadline: what is answered 503 here is a door's fault, whatever its code. */
const DRAIN = {
  DRAIN_SECONDS: "2",
  TIMINGS: JSON.stringify({ requestDeadlineMs: 10_000, databaseDeadlineMs: 10_000 }),
};

/** Asks over one connection, which it keeps. A pool would keep others idle and take one of them in the end. */
class Visitor {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #headers: Readonly<Record<string, string>>;
  readonly #port: number;

  constructor(port: number, token: string) {
    this.#port = port;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  async get(path: string): Promise<Asked> {
    return this.#ask(path, {});
  }

  async post(path: string, form: FormData): Promise<Asked> {
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    return this.#ask(path, { "content-type": typeOf(encoded) }, body);
  }

  leave(): void {
    this.#agent.destroy();
  }

  #ask(path: string, added: Readonly<Record<string, string>>, body?: Buffer): Promise<Asked> {
    const headers = { ...this.#headers, ...added, "content-length": body?.byteLength ?? 0 };
    const method = body === undefined ? "GET" : "POST";
    return new Promise((resolve, reject) => {
      const asking = request({ path, method, agent: this.#agent, port: this.#port, headers }, (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
      });
      asking.once("error", reject).end(body);
    });
  }
}

const typeOf = ({ headers }: Response): string => headers.get("content-type") ?? "";

interface Asked {
  readonly status: number;
  readonly body: string;
}

/** Everything that was not answered as it should be, while somebody uses an address all the time. */
class Use {
  readonly wrong: string[] = [];
  answers = 0;
  readonly #ended = new AbortController();
  readonly #loops: Promise<void>[] = [];

  every(pauseMs: number, expected: number, ask: () => Promise<Asked>): void {
    this.#loops.push(this.#repeat(pauseMs, expected, ask));
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#loops);
  }

  async #repeat(pauseMs: number, expected: number, ask: () => Promise<Asked>): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const { status, body } = await ask().catch((error: Error) => ({ status: 0, body: inspect(error) }));
      if (status === expected) this.answers += 1;
      else this.wrong.push(`${status} ${body}`);
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
    const token = await deployment.token("7");
    const visitors = Array.from({ length: WATCHERS + 1 }, () => new Visitor(balancer.port, token));
    const [submitter, ...watchers] = visitors as [Visitor, ...Visitor[]];
    const workbook = await makeWorkbook(deployment.folder, { rows: 3 });
    const use = new Use();
    for (const watcher of watchers) {
      use.every(POLL_EVERY_MS, 200, () => watcher.get("/api/v1/progress/?active=1"));
    }
    use.every(SUBMIT_EVERY_MS, 202, async () => {
      const form = new FormData();
      form.set("job_type", "excel_import");
      form.set("file", await openAsBlob(workbook), "students.xlsx");
      return submitter.post("/api/v1/jobs/", form);
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
    for (const visitor of visitors) visitor.leave();
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
