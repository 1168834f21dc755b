import { isTerminal, type JobRef } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import { fleetLeg, type RoundContext } from "../fleet-leg.ts";
import { DRILL_TIMINGS } from "../fleet/drill-timings.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";
import { DISKS, fillDisk, prepareFiller, type Disks } from "../full/disk-faults.ts";
import { fillMemory, POLICIES } from "../full/memory-faults.ts";
import { SmallDisk } from "../full/small-disk.ts";

const BOUND_MS = 10_000;
/** Longer than a disk is full: what fails here failed for want of room, not of a lease. */
const TIMINGS = { ...DRILL_TIMINGS, leaseMs: 12_000, renewEveryMs: 2_000 };
const LOG_DISK_MB = 192;
const POSTGRES_DISK_MB = 512;
/** What a submit may be refused with; `none` is a server that was busy. */
const REFUSALS = /^(?:503 |507 storage_full$|none$)/;
const REFS_AT_ONCE = 500;
const DETAILS_AT_ONCE = 8;

type Context = RoundContext<SingleRedis>;

/** Memory of the status store by policy, and the disks of both Redis servers and of Postgres, in turn. */
export const t18: Drill = {
  id: "T18",
  title: "Redis memory full by policy; disk full for the append-only files and for Postgres",
  fullVolume: 100,
  legVolume: 12,
  injectsFaults: true,
  bound: "no wrong end, submits refused with 503 or 507, agrees and takes work ≤ 10 s after there is room",
  boundMs: BOUND_MS,
  leg,
};

async function leg(options: LegOptions): Promise<LegResult> {
  await using statusDisk = await SmallDisk.mount(LOG_DISK_MB);
  await using queueDisk = await SmallDisk.mount(LOG_DISK_MB);
  await using postgresDisk = await SmallDisk.mount(POSTGRES_DISK_MB);
  const disks = { "status store": statusDisk, queue: queueDisk, postgres: postgresDisk };
  const figures = { evicted: 0, restored: 0 };
  return await fleetLeg({
    options,
    fleet: {
      statusRedis: await openSingleRedis(true, [], { within: statusDisk.folder }),
      apis: 2,
      workers: 2,
      timings: TIMINGS,
      postgresPlace: { within: postgresDisk.folder },
      queuePlace: { within: queueDisk.folder },
    },
    boundMs: BOUND_MS,
    dataIsLost: true, // evictions are losses
    async round(context, n) {
      if (n === 0) await prepareFiller(context);
      const recoveryMs =
        n % 2 === 0 ? await memoryRound(context, n / 2, figures) : await diskRound(context, n, disks);
      return { faults: 1, recoveryMs };
    },
    async afterRounds({ load, fleet, violate }) {
      for (const [answer, times] of load.refusals) {
        if (!REFUSALS.test(answer)) violate("I10", `${times} submits were answered ${answer}`);
      }
      const { rows } = await fleet.pool.query<{ row: string }>(
        `SELECT concat_ws(' ', tenant_id, id, status, attempt, tries, error_code) AS row FROM statusplane.job WHERE status = 'FAILED'`,
      );
      for (const { row } of rows) violate("I8", `failed for want of room: ${row}`);
      const refusals = Object.fromEntries(
        [...load.refusals].map(([answer, times]) => [`answered ${answer}`, times]),
      );
      return { ...figures, ...refusals, tries_lost: await triesLost(fleet) };
    },
  });
}

/** No process died: a try that is lost was lost for want of room, or of processor time. */
async function triesLost({ pool }: Context["fleet"]): Promise<number> {
  const { rows } = await pool.query<{ lost: string }>(
    "SELECT coalesce(sum(tries_lost), 0) AS lost FROM statusplane.job",
  );
  return Number(rows[0]?.lost);
}

async function memoryRound(
  context: Context,
  n: number,
  figures: { evicted: number; restored: number },
): Promise<number> {
  const policy = POLICIES[n % POLICIES.length] ?? "noeviction";
  await sleep(context.random.between(0, 500));
  const end = context.fault(`memory full, ${policy}`);
  const { evicted } = await fillMemory(context, policy);
  const recoveryMs = await recover(context);
  end();
  figures.evicted += evicted;
  if (evicted > 0) figures.restored += await askForEvicted(context);
  context.say(`memory full, ${policy}: ${evicted} keys evicted, recovered in ${Math.round(recoveryMs)} ms`);
  return recoveryMs;
}

async function diskRound(context: Context, n: number, disks: Disks): Promise<number> {
  const name = DISKS[((n - 1) / 2) % DISKS.length] ?? "postgres";
  await sleep(context.random.between(0, 500));
  const end = context.fault(`disk full, ${name}`);
  await fillDisk(context, name, disks);
  const recoveryMs = await recover(context);
  end();
  context.say(`disk full, ${name}: recovered in ${Math.round(recoveryMs)} ms`);
  return recoveryMs;
}

/** What lives agrees again and new work is taken. @returns ms until both. */
async function recover(context: Context): Promise<number> {
  const { load, fleet, recovered, violate } = context;
  const sinceMs = performance.now();
  const { size } = load.jobs;
  const [, takenMs] = await Promise.all([
    recovered(await liveJobs(fleet)),
    eventually("new work is taken", () => load.jobs.size > size, 60_000).then(
      () => performance.now() - sinceMs,
    ),
  ]);
  if (takenMs > BOUND_MS) violate("I10", `new work was taken after ${Math.round(takenMs)} ms only`);
  return performance.now() - sinceMs;
}

async function liveJobs({ pool }: Context["fleet"]): Promise<readonly JobRef[]> {
  const { rows } = await pool.query<JobRef>(
    "SELECT tenant_id AS tenant, kind, id FROM statusplane.job WHERE finished_at IS NULL",
  );
  return rows;
}

/**
 * An end that was evicted is nobody's to tell again: whoever asks for its detail brings it back.
 * @returns how many were asked for.
 */
async function askForEvicted(context: Context): Promise<number> {
  const { rows } = await context.fleet.pool.query<JobRef>(
    "SELECT tenant_id AS tenant, kind, id FROM statusplane.job WHERE finished_at IS NOT NULL",
  );
  let asked = 0;
  await eventually(
    "every evicted end is back",
    async () => {
      const missing = await missingOf(context, rows);
      asked = Math.max(asked, missing.length);
      for (let from = 0; from < missing.length; from += DETAILS_AT_ONCE) {
        await Promise.all(missing.slice(from, from + DETAILS_AT_ONCE).map((ref) => askDetail(context, ref)));
      }
      return missing.length === 0;
    },
    300_000,
  );
  return asked;
}

async function missingOf({ store }: Context, refs: readonly JobRef[]): Promise<readonly JobRef[]> {
  const missing: JobRef[] = [];
  for (let from = 0; from < refs.length; from += REFS_AT_ONCE) {
    const page = refs.slice(from, from + REFS_AT_ONCE);
    const shown = await store.reader.readMany(page);
    missing.push(...page.filter((_, index) => !isTerminal(shown[index]?.status ?? "PENDING")));
  }
  return missing;
}

/** Beyond the budget for details it is asked again in the next round. */
async function askDetail({ fleet, load }: Context, { tenant, id }: JobRef): Promise<void> {
  const response = await fetch(`${fleet.url}/api/v1/jobs/${id}/`, {
    headers: { authorization: `Bearer ${load.token(tenant)}` },
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  if (response.status === 429) await sleep(Number(response.headers.get("retry-after") ?? 1) * 1_000);
}
