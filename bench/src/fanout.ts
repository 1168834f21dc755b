import { encodeSnapshot, jobRef, type Snapshot } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { startRedis } from "@statusplane/test-support";
import { SignJWT } from "jose";
import { execFile, fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  JOB_ID,
  RIVALS,
  TENANT,
  type Arrivals,
  type ClientOrder,
  type Rival,
  type ServerOrder,
  type Usage,
} from "./fanout/words.ts";

const CONNECTIONS = [1_000, 5_000];
const UPDATES = 20;
/** Before those that are measured: a server's first updates are paid to its compiler. */
const WARM_UP_UPDATES = 5;
/** Of the connections these come first, and are not counted where memory is: the first ones bring code along. */
const WARM_UP = 100;
const UPDATE_EVERY_MS = 1_000;
const ARRIVE_AFTER_MS = 3_000;
const root = fileURLToPath(new URL("../..", import.meta.url));

/** One server with its connections, measured. */
interface Measured {
  readonly cpuMicrosecondsPerUpdate: number;
  readonly bytesPerConnection: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Arrived of those that were sent. */
  readonly share: number;
}

/** Writes the next version of the job that everybody watches. @returns its text. */
type Write = () => Promise<string>;

interface Setting {
  readonly connections: number;
  readonly token: string;
  readonly secret: string;
  readonly redisUrl: string;
  readonly write: Write;
}

/**
 * One update to all of 1,000 and 5,000 connections on one process, by SSE, WebSocket and polls (one a second each), in
 * the same run as a bare `node:http` SSE server and a bare `ws` server that are told directly. Ours hears of each update
 * by Redis, with a sign-in. CPU is the server process' alone, once it is warm; latency is from the write to the client's socket; memory is
 * what a connection adds to the resident set before anything is sent to it.
 */
export async function run(): Promise<void> {
  const redis = await startRedis();
  const secret = randomBytes(32).toString("hex");
  const token = await new SignJWT({ sub: "bench", tenant_id: TENANT })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("2h")
    .sign(new TextEncoder().encode(secret));
  const store = await openRedisStatusStore({ url: redis.url });
  let version = 0;
  const write: Write = async () => {
    version += 1;
    const snapshot = encodeSnapshot(watchedAt(version));
    await store.writer.write(version === 1 ? "announce" : "progress", snapshot);
    return snapshot.text;
  };
  try {
    await write();
    await promisify(execFile)("npx", ["tsc", "-b", "packages/server", "packages/redis"], { cwd: root });
    for (const connections of CONNECTIONS) {
      const measured = new Map<Rival, Measured>();
      for (const rival of RIVALS) {
        measured.set(rival, await measure(rival, { connections, token, secret, redisUrl: redis.url, write }));
      }
      print(connections, measured);
    }
  } finally {
    await store.close();
    await redis.stop();
  }
}

function watchedAt(version: number): Snapshot {
  return {
    ref: jobRef(TENANT, "job", JOB_ID),
    jobType: "excel_import",
    title: "3월 학생 명단.xlsx",
    attempt: 1,
    updatedAt: new Date().toISOString(),
    status: "PROCESSING",
    version,
    progress: {
      percent: 42,
      remainingSeconds: 58,
      step: { index: 2, total: 3, key: "import", name: "가져오기", percent: 60 },
    },
  };
}

async function measure(rival: Rival, setting: Setting): Promise<Measured> {
  const { connections, redisUrl, secret, token, write } = setting;
  const server = forkProcess("servers-process.ts", [rival, redisUrl, secret]);
  const clients = forkProcess("clients-process.ts", [token]);
  try {
    const [{ port }] = (await once(server, "message")) as [{ readonly port: number }];
    await ask(clients, { order: "open", rival, port, connections: WARM_UP });
    const fresh = await ask<Usage>(server, { order: "usage" });
    await ask(clients, { order: "open", rival, port, connections: connections - WARM_UP });
    const idle = await ask<Usage>(server, { order: "usage" });
    const update = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) {
        const text = await write();
        if (rival.startsWith("bare")) server.send({ order: "push", text } satisfies ServerOrder);
        await pause(UPDATE_EVERY_MS);
      }
      await pause(ARRIVE_AFTER_MS);
    };
    await update(WARM_UP_UPDATES);
    await ask<Arrivals>(clients, { order: "count" });
    const warm = await ask<Usage>(server, { order: "usage" });
    await update(UPDATES);
    const { updates, latenciesMs } = await ask<Arrivals>(clients, { order: "count" });
    const after = await ask<Usage>(server, { order: "usage" });
    return {
      cpuMicrosecondsPerUpdate: (after.cpuMicroseconds - warm.cpuMicroseconds) / Math.max(1, updates),
      bytesPerConnection: (idle.residentBytes - fresh.residentBytes) / (connections - WARM_UP),
      p50Ms: at(latenciesMs, 0.5),
      p99Ms: at(latenciesMs, 0.99),
      share: updates / (UPDATES * connections),
    };
  } finally {
    for (const child of [clients, server]) child.disconnect();
    await Promise.all([once(server, "exit"), once(clients, "exit")]);
  }
}

function forkProcess(script: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(`./fanout/${script}`, import.meta.url));
  return fork(path, args, { execArgv: ["--expose-gc", "--import", "tsx"] });
}

/** One order, one answer. */
async function ask<Answer>(child: ChildProcess, order: ServerOrder | ClientOrder): Promise<Answer> {
  child.send(order);
  const [answer] = (await once(child, "message")) as [Answer];
  return answer;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const BASELINE: Readonly<Record<Rival, Rival>> = {
  "bare-sse": "bare-sse",
  "our-sse": "bare-sse",
  "bare-socket": "bare-socket",
  "our-socket": "bare-socket",
  "our-poll": "bare-sse",
};
const NAMES: Readonly<Record<Rival, string>> = {
  "bare-sse": "node:http SSE, framed once, no sign-in",
  "our-sse": "Statusplane SSE, through Redis",
  "bare-socket": "ws, encoded once, no sign-in",
  "our-socket": "Statusplane WebSocket, through Redis",
  "our-poll": "Statusplane polls, one a second",
};

function print(connections: number, measured: ReadonlyMap<Rival, Measured>): void {
  console.log(`${connections} connections, ${UPDATES} updates to all; × of the bare server of its kind`);
  for (const [rival, own] of measured) {
    const base = measured.get(BASELINE[rival]) ?? own;
    const ratio = (value: number, other: number): string => `× ${(value / other).toFixed(2)}`;
    const { cpuMicrosecondsPerUpdate: cpu, bytesPerConnection: bytes } = own;
    console.log(
      `${NAMES[rival].padEnd(40)} ${cpu.toFixed(1).padStart(6)} µs CPU/update ${ratio(cpu, base.cpuMicrosecondsPerUpdate)}` +
        `  ${(bytes / 1_024).toFixed(1).padStart(6)} KiB/connection ${ratio(bytes, base.bytesPerConnection)}` +
        `  p50 ${own.p50Ms} ms  p99 ${own.p99Ms} ms ${ratio(own.p99Ms, base.p99Ms)}  arrived ${(own.share * 100).toFixed(1)} %`,
    );
  }
}
