/**
 * Watching costs no database, in figures: 0, 1,000 and 10,000 viewers report every ten seconds by real HTTP, from two
 * processes, beside polls, people who resume and a teacher who looks at the live grid; and the same heartbeats, in the same
 * run, one INSERT and one UPDATE each, on a Postgres of their own. Statements are counted inside Postgres, by the role of
 * whoever sends them; the flusher's are told apart by their text.
 */
import { DEFAULT_TIMINGS, viewRef } from "@statusplane/core";
import { DEFAULT_POLICY } from "@statusplane/core/wire";
import { openRedisStatusStore } from "@statusplane/redis";
import { eventually, withClient, withRedis } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import { API_ROLE, Deployment, WORKER_ROLE } from "../../test/end-to-end/support/deployment.ts";
import { isHousekeeping, StatementMark } from "../../test/end-to-end/support/statements.ts";
import type { BenchOptions } from "./main.ts";
import { PostgresMeter, ratesOf } from "./polling/postgres-meter.ts";
import { watchByTwo } from "./views/clients.ts";
import { measureGridLag, PROBE } from "./views/grid-lag.ts";
import { openRival, RIVAL_ROLE, RIVALS } from "./views/heartbeat-rival.ts";
import { printOurs, printSides, type Phase, type Side } from "./views/print-phases.ts";
import { TENANT, VIDEO, type ViewersAnswer } from "./views/words.ts";

const VIEWERS = (process.env["BENCH_VIEWERS"] ?? "0,1000,10000").split(",").map(Number);
const DEFAULT_MINUTES = 0.5;
/** The most viewers watch for as long as was asked for; everything that is beside them, at most so long. */
const BESIDE_MINUTES = 2;
const POLLS_PER_SECOND = 50;
const RESUME_EVERY_MS = 100;
const GRID_EVERY_MS = 2_000;
/** Of half an hour: the second report decides. */
const ATTENDED_PERCENT = 1;
const FLUSH = /INSERT INTO "?statusplane"?\.view AS/i;
const NO_LIMIT = "100000000";
const UNLIMITED = {
  RATE_LIMIT_PER_MINUTE: NO_LIMIT,
  RATE_LIMIT_TENANT_PER_MINUTE: NO_LIMIT,
  RATE_LIMIT_ADDRESS_PER_MINUTE: NO_LIMIT,
};

interface Stage {
  readonly deployment: Deployment;
  readonly meter: PostgresMeter;
  readonly origin: string;
  readonly milliseconds: number;
}

export async function run({ minutes }: BenchOptions): Promise<void> {
  const milliseconds = (minutes ?? DEFAULT_MINUTES) * 60_000;
  const besideMs = Math.min(milliseconds, BESIDE_MINUTES * 60_000);
  const most = Math.max(...VIEWERS);
  console.log(
    `${VIEWERS.join(", ")} viewers, the most for ${milliseconds / 60_000} min, the others and the rivals for ${besideMs / 60_000}; every figure is per minute`,
  );
  const deployment = await Deployment.open();
  try {
    await withClient(deployment.postgres.url, (client) =>
      client.query("CREATE EXTENSION pg_stat_statements"),
    );
    const { url: origin } = await deployment.start("api", UNLIMITED);
    await deployment.start("worker");
    const tokens = await Promise.all(
      Array.from({ length: most }, (_, n) =>
        deployment.token(TENANT, { sub: `viewer-${n}`, scope: "play watch" }),
      ),
    );
    const stage = { deployment, meter: new PostgresMeter(deployment.postgres), origin };
    await prepare(stage, most);
    const phases: Phase[] = [];
    for (const viewers of VIEWERS) {
      const forMs = viewers === most ? milliseconds : besideMs;
      phases.push(await measure({ ...stage, milliseconds: forMs }, tokens.slice(0, viewers)));
    }
    printOurs(phases);
    await compareRivals(phases.at(-1), tokens, { deployment, milliseconds: besideMs });
  } finally {
    await deployment.close();
  }
}

/** A video as another program's worker leaves it, its policy, and every view known to Redis as after a first visit. */
async function prepare({ deployment, origin }: Omit<Stage, "milliseconds">, viewers: number): Promise<void> {
  const text = JSON.stringify({ status: "READY", hls_path: "x", duration: 1_800 });
  const { url } = deployment.statusRedis;
  await withRedis(
    url,
    async (redis) => void (await redis.set(`tenant:${TENANT}:video:${VIDEO}:status`, text)),
  );
  const manager = await deployment.token(TENANT);
  const headers = { authorization: `Bearer ${manager}`, "content-type": "application/json" };
  const body = JSON.stringify({ ...DEFAULT_POLICY, attended_percent: ATTENDED_PERCENT });
  const put = await fetch(`${origin}/api/v1/views/policy/`, { method: "PUT", headers, body });
  if (!put.ok) throw new Error(`the policy was answered ${put.status}`);
  await eventually("the policy's errand is done", async () => (await countErrands(deployment)) === 0, 60_000);
  const timings = { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 };
  await using store = await openRedisStatusStore({ url, timings });
  await store.views.load([{ ref: viewRef(TENANT, VIDEO, PROBE), recorded: null }]);
  for (let n = 0; n < viewers; n += 100) {
    const refs = Array.from({ length: Math.min(100, viewers - n) }, (_, i) =>
      viewRef(TENANT, VIDEO, `viewer-${n + i}`),
    );
    await store.views.load(refs.map((ref) => ({ ref, recorded: null })));
  }
}

async function measure(
  { deployment, meter, origin, milliseconds }: Stage,
  tokens: readonly string[],
): Promise<Phase> {
  await sleep(2_000);
  const usage = (): Promise<{ cpu: number; bytes: number }> => redisUsage(deployment.statusRedis.url);
  const [before, decidedBefore] = [await usage(), await countDecided(deployment)];
  const mark = await StatementMark.set(deployment.postgres.url, [API_ROLE, WORKER_ROLE]);
  const manager = await deployment.token(TENANT);
  const probe = await deployment.token(TENANT, { sub: PROBE, scope: "play watch" });
  let seen: ViewersAnswer = { reports: 0, reportMs: [], pollMs: [], failed: 0 };
  let lagMs: readonly number[] = [];
  const rates = await meter.measure(async () => {
    const order = { origin, path: "/api/v1/views/", tokens, video: VIDEO, milliseconds };
    const poll = { path: `/media/videos/${VIDEO}/progress/`, perSecond: POLLS_PER_SECOND };
    const isOver = AbortSignal.timeout(milliseconds);
    [seen, lagMs] = await Promise.all([
      tokens.length === 0 ? sleep(milliseconds).then(() => seen) : watchByTwo({ ...order, poll }),
      tokens.length === 0 ? [] : measureGridLag({ origin, manager, probe, isOver }),
      askAgain(`${origin}/api/v1/views/${VIDEO}/`, tokens, { everyMs: RESUME_EVERY_MS, isOver }),
      askAgain(`${origin}/api/v1/views/live/?videos=${VIDEO}`, [manager], { everyMs: GRID_EVERY_MS, isOver }),
    ]);
    return seen.reports;
  });
  const statements = await mark.since();
  const minutes = milliseconds / 60_000;
  const after = await usage();
  const flushes = statements.filter(({ query }) => FLUSH.test(query));
  return {
    ...{ viewers: tokens.length, seen, lagMs, rates },
    flushes: flushes.reduce((sum, { calls }) => sum + calls, 0) / minutes,
    caused: statements.filter((each) => !FLUSH.test(each.query) && !isHousekeeping(each)),
    redisCpuSeconds: (after.cpu - before.cpu) / minutes,
    redisBytes: after.bytes,
    decided: (await countDecided(deployment)) - decidedBefore,
  };
}

/** Somebody who asks, each time another one. */
async function askAgain(
  url: string,
  tokens: readonly string[],
  { everyMs, isOver }: { readonly everyMs: number; readonly isOver: AbortSignal },
): Promise<void> {
  for (let n = 0; !isOver.aborted && tokens.length > 0; n++) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${tokens[n % tokens.length]}` } });
    await answer.arrayBuffer();
    // one that says to come back later is no reason to end a measurement
    if (!answer.ok && answer.status !== 503) throw new Error(`${url} was answered ${answer.status}`);
    await sleep(everyMs);
  }
}

function redisUsage(url: string): Promise<{ cpu: number; bytes: number }> {
  return withRedis(url, async (redis) => {
    const text = `${await redis.info("cpu")}\n${await redis.info("memory")}`;
    const read = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1]);
    return { cpu: read("used_cpu_sys") + read("used_cpu_user"), bytes: read("used_memory") };
  });
}

function countErrands({ databaseUrl }: Deployment): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM statusplane.view_errand WHERE done_at IS NULL",
    );
    return rows[0]?.count ?? 0;
  });
}

function countDecided({ databaseUrl }: Deployment): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM statusplane.view WHERE attended_at IS NOT NULL",
    );
    return rows[0]?.count ?? 0;
  });
}

async function compareRivals(
  ours: Phase | undefined,
  tokens: readonly string[],
  { deployment, milliseconds }: Pick<Stage, "deployment" | "milliseconds">,
): Promise<void> {
  if (ours === undefined || ours.seen.reports === 0) return;
  const { rates, seen, viewers } = ours;
  const statements = [API_ROLE, WORKER_ROLE].reduce((sum, role) => sum + ratesOf(rates, role).statements, 0);
  const sides: Side[] = [{ name: "**Statusplane**", rates, statements, reportMs: seen.reportMs }];
  for (const which of ["insert", "update"] as const)
    sides.push(await measureRival(which, tokens.slice(0, viewers), { deployment, milliseconds }));
  printSides(sides);
}

async function measureRival(
  which: keyof typeof RIVALS,
  tokens: readonly string[],
  { deployment, milliseconds }: Pick<Stage, "deployment" | "milliseconds">,
): Promise<Side> {
  const rival = await openRival(which, deployment.secret);
  try {
    let reportMs: readonly number[] = [];
    const rates = await rival.meter.measure(async () => {
      const order = { origin: rival.origin, path: "/heartbeat", video: VIDEO, poll: null, milliseconds };
      const seen = await watchByTwo({ ...order, tokens });
      ({ reportMs } = seen);
      return seen.reports;
    });
    const { statements } = ratesOf(rates, RIVAL_ROLE);
    return { name: RIVALS[which].name, rates, statements, reportMs };
  } finally {
    await rival.close();
  }
}
