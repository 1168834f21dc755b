import { startPostgres, startRedis } from "@statusplane/test-support";
import { SignJWT } from "jose";
import { execFile, fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { httpLoad } from "./http-load.ts";

const ROUNDS = 6;
const ROUND_SECONDS = 2;
const CONNECTIONS = 64;
const JOBS = 50;
const CONSTANT = "constant reply of the same size, no sign-in";

interface Rival {
  readonly name: string;
  readonly port: number;
  readonly pathOf: (id: string) => string;
}

interface Ports {
  readonly ours: number;
  readonly plugin: number;
  readonly rivals: number;
}

interface Measured {
  readonly perSecond: number[];
  readonly cpuMicroseconds: number[];
}

/**
 * Requests a second of the progress endpoint with sign-in and Redis, in the same run as a Fastify route that answers a
 * constant, a `SELECT` per poll and BullMQ's `getJob` + `getState`. The servers share a process of their own; rounds
 * are interleaved; medians are printed. CPU per request is the server process' alone and the sturdier number.
 */
export async function run(): Promise<void> {
  const redis = await startRedis();
  const postgres = await startPostgres();
  const secret = randomBytes(32).toString("hex");
  const server = await forkServer([redis.url, postgres.url, secret, String(JOBS)]);
  try {
    const [ports] = (await once(server, "message")) as [Ports];
    const token = await new SignJWT({ sub: "bench", tenant_id: 7 })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(secret));
    print(await measureAll(rivalsAt(ports), server, `Bearer ${token}`));
  } finally {
    server.disconnect();
    await once(server, "exit");
    await postgres.stop();
    await redis.stop();
  }
}

/** Of the built packages, as they ship: what runs sources directly slows every closure down. */
async function forkServer(args: readonly string[]): Promise<ChildProcess> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  await promisify(execFile)("npx", ["tsc", "-b", "packages/server", "packages/redis"], { cwd: root });
  const script = fileURLToPath(new URL("./progress-endpoint-server.ts", import.meta.url));
  return fork(script, args, { execArgv: ["--import", "tsx"] });
}

function rivalsAt({ ours, plugin, rivals }: Ports): readonly Rival[] {
  const pathOfOurs = (id: string): string => `/api/v1/jobs/${id}/progress/`;
  return [
    { name: CONSTANT, port: rivals, pathOf: (id) => `/constant/${id}/progress/` },
    { name: "Statusplane: sign-in, Redis", port: ours, pathOf: pathOfOurs },
    { name: "the same as a plugin of a server", port: plugin, pathOf: pathOfOurs },
    { name: "SELECT per poll through pg", port: rivals, pathOf: (id) => `/select/${id}/progress/` },
    { name: "BullMQ getJob + getState", port: rivals, pathOf: (id) => `/bullmq/${id}/progress/` },
  ];
}

async function measureAll(
  rivals: readonly Rival[],
  server: ChildProcess,
  authorization: string,
): Promise<ReadonlyMap<string, Measured>> {
  const measured = new Map<string, Measured>(
    rivals.map(({ name }) => [name, { perSecond: [], cpuMicroseconds: [] }]),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, port, pathOf } of rivals) {
      const before = await cpuOf(server);
      const { requests, perSecond } = await httpLoad({
        origin: `http://127.0.0.1:${port}`,
        paths: Array.from({ length: JOBS }, (_, n) => pathOf(`job-${n}`)),
        headers: { authorization },
        connections: CONNECTIONS,
        seconds: ROUND_SECONDS,
      });
      const cpuMicroseconds = ((await cpuOf(server)) - before) / requests;
      if (round === 0) continue; // warms up
      measured.get(name)?.perSecond.push(perSecond);
      measured.get(name)?.cpuMicroseconds.push(cpuMicroseconds);
    }
  }
  return measured;
}

async function cpuOf(server: ChildProcess): Promise<number> {
  server.send("cpu");
  const [{ cpuMicroseconds }] = (await once(server, "message")) as [{ readonly cpuMicroseconds: number }];
  return cpuMicroseconds;
}

function print(measured: ReadonlyMap<string, Measured>): void {
  const constant = measured.get(CONSTANT);
  for (const [name, { perSecond, cpuMicroseconds }] of measured) {
    const rate = median(perSecond);
    const cpu = median(cpuMicroseconds);
    const ratio = (rate / median(constant?.perSecond ?? [])).toFixed(2);
    const cpuRatio = (median(constant?.cpuMicroseconds ?? []) / cpu).toFixed(2);
    console.log(
      `${name.padEnd(46)} ${rate.toFixed(0).padStart(7)} requests/s  × ${ratio}   ` +
        `${cpu.toFixed(1).padStart(6)} µs CPU/request  × ${cpuRatio}`,
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}
