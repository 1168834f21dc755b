import { DEFAULT_TIMINGS, refKey, type JobRef, type StatusStore } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { eventually } from "@statusplane/test-support";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { untilAgreed } from "./audit/agreement.ts";
import { audit, checkLives } from "./audit/audit.ts";
import { readKeyLives } from "./audit/key-lives.ts";
import type { Invariant, LegOptions, LegResult, Violation } from "./drill.ts";
import { Fleet, type FleetOptions } from "./fleet/fleet.ts";
import { connectTo, type StatusRedis } from "./fleet/status-redis.ts";
import { checkHistory } from "./history/check-history.ts";
import { HistoryLog } from "./history/history-log.ts";
import { readJobHistory } from "./history/job-history.ts";
import { DrillLoad, type DrillLoadOptions } from "./load/drill-load.ts";
import type { Random } from "./random.ts";

/** A job that is not ended, or ended so shortly before a fault, may have to be told again after it. */
const LATELY_MS = 10_000;
/** The drills' own reads wait for a machine that is busy; the product's do not. */
const PATIENCE_MS = 10_000;
const NEVER_AFTER_MS = 90_000;
const ENDED_WITHIN_MS = 120_000;

/** What a round has at hand. */
export interface RoundContext<Redis extends StatusRedis> {
  readonly fleet: Fleet<Redis>;
  readonly load: DrillLoad;
  readonly history: HistoryLog;
  readonly random: Random;
  readonly say: (sentence: string) => void;
  /** The drills' own way into the status store, past every proxy. */
  readonly store: StatusStore;
  /** Marks the beginning of a fault in the history and answers how to mark its end. */
  readonly fault: (name: string) => () => void;
  /** Jobs that live now or ended a moment ago. */
  readonly lately: () => Promise<readonly JobRef[]>;
  /**
   * Waits until status store and rows agree on those jobs (I4), and counts what takes longer than the bound, or never
   * comes, as a violation. @returns ms until they did.
   */
  readonly recovered: (refs: readonly JobRef[], since?: { readonly unixMs: number }) => Promise<number>;
  readonly violate: (invariant: Invariant, what: string) => void;
  /** Ends what a round began, before the fleet is stopped. */
  readonly onClose: (close: () => Promise<void>) => void;
}

export interface FleetLegOptions<Redis extends StatusRedis> {
  readonly options: LegOptions;
  readonly fleet: FleetOptions<Redis>;
  readonly boundMs: number | null;
  readonly dataIsLost: boolean;
  readonly payload?: DrillLoadOptions["payload"];
  /** One fault (or several at once). @returns how many faults it was and how long recovery took, ms. */
  readonly round: (
    context: RoundContext<Redis>,
    n: number,
  ) => Promise<{ readonly faults: number; readonly recoveryMs: number | null }>;
  /** More to look at before the audit. */
  readonly afterRounds?: (context: RoundContext<Redis>) => Promise<Readonly<Record<string, string | number>>>;
}

/** A leg on a fleet: load on, faults one after another, load off, calm, audit, and the whole history checked. */
export async function fleetLeg<Redis extends StatusRedis>(leg: FleetLegOptions<Redis>): Promise<LegResult> {
  const { options, boundMs, dataIsLost } = leg;
  const fleet = await Fleet.open(leg.fleet);
  const folder = join(fleet.folder, "history");
  await mkdir(folder);
  const history = new HistoryLog(join(folder, "driver.jsonl"));
  const { statusRedis } = fleet;
  const store = await openRedisStatusStore({
    url: statusRedis.url,
    cluster: statusRedis.cluster,
    timings: { ...DEFAULT_TIMINGS, requestDeadlineMs: PATIENCE_MS },
  });
  const violations: Violation[] = [];
  const load = await DrillLoad.start({
    fleet,
    history,
    random: options.random.fork("load"),
    load: options.load,
    ...(leg.payload === undefined ? {} : { payload: leg.payload }),
  });
  const closers: (() => Promise<void>)[] = [];
  const context = makeContext({ ...leg, fleet, history, store, load, violations, closers });
  let faults = 0;
  let slowestRecoveryMs: number | null = null;
  let figures: Readonly<Record<string, string | number>> = {};
  try {
    await untilWorkEnds(fleet);
    for (let n = 0; faults < options.volume; n++) {
      const round = await leg.round(context, n);
      faults += round.faults;
      if (round.recoveryMs !== null) slowestRecoveryMs = Math.max(slowestRecoveryMs ?? 0, round.recoveryMs);
      options.say(
        `${faults}/${options.volume} faults, ${load.jobs.size} jobs, slowest recovery ${Math.round(slowestRecoveryMs ?? 0)} ms, ${violations.length} violations`,
      );
    }
    figures = { "clients on streams": load.streaming, ...(await leg.afterRounds?.(context)) };
    await load.stopSubmitting();
    const lives = async (): Promise<Awaited<ReturnType<typeof readKeyLives>>> => {
      await using direct = connectTo(statusRedis);
      return await readKeyLives(await direct.masters());
    };
    violations.push(...checkLives(await lives()));
    violations.push(
      ...(await audit({ fleet, load, reader: store.reader, lives, withinMs: ENDED_WITHIN_MS })),
    );
    await load.close();
    const lines = history.close();
    const markers = new Map(
      [...load.jobs.values()].map(({ ref, marker }) => [`${ref.tenant}.${ref.id}`, marker]),
    );
    violations.push(
      ...checkHistory({
        lines,
        committed: await readJobHistory(fleet.pool),
        dataWasLost: dataIsLost,
        markerOf: (tenant, id) => markers.get(`${tenant}.${id}`) ?? undefined,
      }),
    );
    return {
      faults,
      jobs: load.jobs.size,
      observations: history.sights,
      violations,
      slowestRecoveryMs: boundMs === null && slowestRecoveryMs === 0 ? null : slowestRecoveryMs,
      figures,
    };
  } catch (error) {
    options.say(
      `the leg broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    throw error;
  } finally {
    await Promise.all(closers.map((close) => close()));
    await load.close();
    await store.close();
    await fleet.close();
  }
}

/** The fleet is warm when its first jobs have ended. */
async function untilWorkEnds(fleet: Fleet): Promise<void> {
  await eventually(
    "the first jobs end",
    async () => {
      const { rows } = await fleet.pool.query<{ count: string }>(
        "SELECT count(*) FROM statusplane.job WHERE finished_at IS NOT NULL",
      );
      return Number(rows[0]?.count) >= 5;
    },
    60_000,
  );
}

interface ContextParts<Redis extends StatusRedis> extends Pick<
  FleetLegOptions<Redis>,
  "options" | "boundMs"
> {
  readonly fleet: Fleet<Redis>;
  readonly history: HistoryLog;
  readonly store: StatusStore;
  readonly load: DrillLoad;
  readonly violations: Violation[];
  readonly closers: (() => Promise<void>)[];
}

function makeContext<Redis extends StatusRedis>(parts: ContextParts<Redis>): RoundContext<Redis> {
  const { fleet, history, store, load, violations, closers, options, boundMs } = parts;
  const violate = (invariant: Invariant, what: string): void => {
    violations.push({ invariant, what });
    options.say(`${invariant} violated: ${what}`);
  };
  return {
    fleet,
    load,
    history,
    store,
    random: options.random,
    say: options.say,
    violate,
    onClose: (close) => void closers.push(close),
    fault(name) {
      history.append({ what: "fault", name, phase: "begin" });
      return () => history.append({ what: "fault", name, phase: "end" });
    },
    lately: () => readLately(fleet),
    async recovered(refs, since = { unixMs: Date.now() }) {
      const { ms, never } = await untilAgreed({
        pool: fleet.pool,
        reader: store.reader,
        refs,
        newerThanMs: since.unixMs,
        withinMs: NEVER_AFTER_MS,
      });
      for (const { ref, row, shown } of never) {
        violate("I4", `never agreed: ${refKey(ref)}: row ${row}, shown ${shown}`);
      }
      if (boundMs !== null && never.length === 0 && ms > boundMs) {
        violate("I4", `agreed after ${Math.round(ms)} ms, the bound is ${boundMs}`);
      }
      return ms;
    },
  };
}

async function readLately(fleet: Fleet): Promise<readonly JobRef[]> {
  const { rows } = await fleet.pool.query<JobRef>(
    `SELECT tenant_id AS tenant, kind, id FROM statusplane.job
      WHERE finished_at IS NULL OR finished_at > now() - $1::float8 * interval '1 millisecond'`,
    [LATELY_MS],
  );
  return rows;
}
