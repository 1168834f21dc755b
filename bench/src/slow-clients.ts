import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Deployment } from "../../test/end-to-end/support/deployment.ts";
import type { SlowCounts } from "./slow-clients-process.ts";

const SLOW_CLIENTS = 1_000;
/** Healthy watchers, each with a connection of its own that asks every 100 ms. */
const WATCHERS = 30;
const ASK_EVERY_MS = 100;
/** So long that every deadline but that of the slowest uploads has come for everybody. */
const ROUND_MS = 20_000;
const SETTLE_MS = 6_000;
const ROUNDS = 3;

interface Round {
  readonly latenciesMs: number[];
  readonly wrong: number;
  readonly memoryMib: number;
}

/**
 * Polls of an api process beside 1,000 slow clients of every kind, each of which comes again a second after it was ended; in
 * the same run as the same polls without them. Rounds are interleaved, all their answers are counted together.
 */
export async function run(): Promise<void> {
  const deployment = await Deployment.open();
  try {
    const program = await deployment.start("api", {
      DRAIN_SECONDS: "0",
      RATE_LIMIT_PER_MINUTE: "100000000",
      RATE_LIMIT_MISSES_PER_MINUTE: "100000000",
    });
    const port = Number(new URL(program.url).port);
    const token = await deployment.token("7");
    const healthy = (): Promise<Round> => measure({ port, token, pid: program.pid });
    await healthy(); // warms up
    const [alone, beside]: [Round[], Round[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await healthy());
      const slow = startSlowClients(port, token);
      await sleep(SETTLE_MS);
      beside.push(await healthy());
      await stopSlowClients(slow);
    }
    print(alone, beside);
  } finally {
    await deployment.close();
  }
}

async function measure(options: {
  readonly port: number;
  readonly token: string;
  readonly pid: number;
}): Promise<Round> {
  const { port, token, pid } = options;
  const latenciesMs: number[] = [];
  let wrong = 0;
  let memoryMib = 0;
  const untilMs = performance.now() + ROUND_MS;
  const watch = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await sleep(Math.random() * ASK_EVERY_MS);
    while (performance.now() < untilMs) {
      const startedMs = performance.now();
      const status = await poll(agent, port, token);
      latenciesMs.push(performance.now() - startedMs);
      if (status !== 200) wrong += 1;
      await sleep(ASK_EVERY_MS);
    }
    agent.destroy();
  };
  const weigh = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      memoryMib = Math.max(memoryMib, await residentMib(pid));
      await sleep(500);
    }
  };
  await Promise.all([...Array.from({ length: WATCHERS }, watch), weigh()]);
  return { latenciesMs, wrong, memoryMib };
}

/** @returns the status; 0 where the connection failed. */
function poll(agent: Agent, port: number, token: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    request({ agent, port, path: "/api/v1/progress/?active=1", headers }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    })
      .once("error", () => resolve(0))
      .end();
  });
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

function startSlowClients(port: number, token: string): ChildProcess {
  const script = fileURLToPath(new URL("./slow-clients-process.ts", import.meta.url));
  return fork(script, [String(port), token, String(SLOW_CLIENTS)], { execArgv: ["--import", "tsx"] });
}

async function stopSlowClients(slow: ChildProcess): Promise<void> {
  slow.send("stop");
  const [counts] = (await once(slow, "message")) as [SlowCounts];
  const kinds = Object.entries(counts).map(
    ([kind, { ended, answers }]) => `${kind}: ${ended} ended${answers === "" ? "" : ` (${answers})`}`,
  );
  console.log(kinds.join("; "));
  if (slow.exitCode === null) await once(slow, "exit");
}

function print(alone: readonly Round[], beside: readonly Round[]): void {
  const [without, with_] = [figures(alone), figures(beside)];
  const line = (name: string, { p50, p99, asked, wrong, memoryMib }: ReturnType<typeof figures>): void =>
    console.log(
      `${name.padEnd(26)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${asked} polls, ${wrong} not 200, ` +
        `memory at most ${memoryMib.toFixed(0)} MiB`,
    );
  line("without slow clients", without);
  line(`beside ${SLOW_CLIENTS} slow clients`, with_);
  console.log(
    `p99 × ${(with_.p99 / without.p99).toFixed(2)}, memory ${(with_.memoryMib - without.memoryMib).toFixed(0)} MiB more`,
  );
}

function figures(rounds: readonly Round[]) {
  const sorted = rounds.flatMap(({ latenciesMs }) => latenciesMs).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  return {
    p50: at(0.5),
    p99: at(0.99),
    asked: sorted.length,
    wrong: rounds.reduce((sum, { wrong }) => sum + wrong, 0),
    memoryMib: Math.max(...rounds.map(({ memoryMib }) => memoryMib)),
  };
}
