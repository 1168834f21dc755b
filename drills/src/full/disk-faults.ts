import { eventually } from "@statusplane/test-support";
import { Redis } from "ioredis";
import pg from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import type { RoundContext } from "../fleet-leg.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import type { SmallDisk } from "./small-disk.ts";

export const DISKS = ["status store", "postgres", "queue"] as const;
export type Disks = Readonly<Record<(typeof DISKS)[number], SmallDisk>>;

type Context = RoundContext<SingleRedis>;

const FULL_MS = { min: 1_000, max: 4_000 } as const;
/** What is freed meanwhile, by a rewritten log or a dropped file, is taken again. */
const TOP_UP_MS = 100;
const NOTICED_WITHIN_MS = 30_000;
const DISK_FULL = "53100";
/** A table of the drill's own whose growth shows that nothing grows. */
const FILLER = "drill_filler";

/** Fills the disk of one store until that store has noticed, for some time more, and frees it. */
export async function fillDisk(context: Context, name: keyof Disks, disks: Disks): Promise<void> {
  const { fleet, random } = context;
  const full = new AbortController();
  const filling = keepFull(disks[name], full.signal);
  try {
    if (name === "postgres") await untilPostgresIsFull(context, random.chance(0.5));
    else await untilLogFails(name === "queue" ? fleet.queueRedis.url : fleet.statusRedis.url);
    await sleep(random.between(FULL_MS.min, FULL_MS.max));
  } finally {
    full.abort();
    await filling;
    await disks[name].free();
  }
  if (name === "postgres") await restartIfGone(context);
}

async function keepFull(disk: SmallDisk, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await disk.fill();
    await sleep(TOP_UP_MS);
  }
}

/** Redis takes no writes while its append-only file cannot grow. */
async function untilLogFails(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    await eventually(
      "the append-only file cannot be written",
      async () => /^aof_last_write_status:err/m.test(await redis.info("persistence")),
      NOTICED_WITHIN_MS,
    );
  } finally {
    redis.disconnect();
  }
}

/**
 * Tables cannot grow; with `log`, a new file of the write-ahead log is asked for as well, without which Postgres stops
 * altogether.
 */
async function untilPostgresIsFull({ fleet }: Context, log: boolean): Promise<void> {
  await eventually(
    "Postgres has no room",
    async () => {
      try {
        if (log) await fleet.pool.query("SELECT pg_switch_wal()");
        await fleet.pool.query(
          `INSERT INTO ${FILLER} SELECT repeat(md5(random()::text), 60) FROM generate_series(1, 500)`,
        );
        return false;
      } catch (error) {
        // no answer at all: it has stopped
        return !(error instanceof pg.DatabaseError) || error.code === DISK_FULL;
      }
    },
    NOTICED_WITHIN_MS,
  );
}

/** What an operator's supervisor does. A server that goes on is left alone. */
async function restartIfGone({ fleet, say }: Context): Promise<void> {
  const answers = async (): Promise<boolean> => {
    try {
      return (await fleet.pool.query("SELECT 1")).rowCount === 1;
    } catch {
      return false; // it is gone, or recovering
    }
  };
  if (!(await answers()) && !(await answers())) {
    say("Postgres has stopped for want of room; it is started again");
    await fleet.postgres.kill();
    await fleet.postgres.start();
    await fleet.databaseAnswers();
  }
  await fleet.pool.query(`TRUNCATE ${FILLER}`);
}

/** Before the first fault. */
export async function prepareFiller({ fleet }: Context): Promise<void> {
  await fleet.pool.query(`CREATE TABLE IF NOT EXISTS ${FILLER} (filling text)`);
}
