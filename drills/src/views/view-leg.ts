import { eventually } from "@statusplane/test-support";
import { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { CrashRequests } from "../crash/crash-requests.ts";
import type { LegOptions, LegResult } from "../drill.ts";
import { Fleet } from "../fleet/fleet.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";
import { AppendOnlySizes } from "./append-only-sizes.ts";
import { DrilledViewer, LENGTH_SECONDS, type ViewerCounts } from "./drilled-viewer.ts";
import {
  chooseViewFault,
  putPolicy,
  strikeViews,
  VIEWS_TENANT,
  type Striking,
  type ViewFault,
} from "./view-faults.ts";
import {
  countDecisions,
  flushedBefore,
  keepViewHistory,
  readViewBreaches,
  readViewRows,
} from "./view-history.ts";

const VIDEOS = ["1", "2"];
const VIEWERS = 6;
const CALM_WITHIN_MS = 120_000;
const DIRTY = `tenant:${VIEWS_TENANT}:views:dirty`;
/** Keys of what is dirty that expire; in one step, for reports come meanwhile. */
const EXPIRING = `
  local found = {}
  for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    for _, key in ipairs({ ARGV[1] .. member, ARGV[1] .. member .. ':watched' }) do
      if redis.call('PTTL', key) >= 0 then found[#found + 1] = key end
    end
  end
  return found`;

export interface ViewLegOptions extends LegOptions {
  /** Whether Redis keeps its data over a kill. */
  readonly appendOnly: boolean;
  /** Faults in their order; default: chosen by chance. */
  readonly faults?: readonly ViewFault[];
  /** Default 2. */
  readonly apis?: number;
}

/** Viewers with a ledger each report what they watch while everything that keeps it is killed, stopped and robbed. */
export async function viewLeg(options: ViewLegOptions): Promise<LegResult> {
  using requests = new CrashRequests();
  const statusRedis = await openSingleRedis(options.appendOnly);
  const fleet = await Fleet.open({
    ...{ statusRedis, apis: options.apis ?? 2, workers: 2, durablePostgres: true },
    env: { DRILL_CRASHES: requests.folder },
  });
  try {
    await keepViewHistory(fleet.pool);
    await insertVideos(fleet);
    if (!(await putPolicy(fleet, 30))) throw new Error("the policy was not taken");
    return await watchAndStrike(fleet, requests, options);
  } finally {
    await fleet.close();
  }
}

/** As a worker has left them. */
async function insertVideos({ pool }: Fleet): Promise<void> {
  await pool.query(
    `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, status, tries, payload, result, result_bytes, started_at, finished_at)
     SELECT $1, 'video', id, 'video_hls', 'READY', 1, '{}', result, octet_length(result::text), now(), now()
     FROM unnest($2::text[]) AS id,
       json_build_object('hls_path', 'one/' || id || '/1/master.m3u8', 'duration', $3::int) AS result`,
    [VIEWS_TENANT, VIDEOS, LENGTH_SECONDS],
  );
}

async function watchAndStrike(
  fleet: Fleet<SingleRedis>,
  requests: CrashRequests,
  options: ViewLegOptions,
): Promise<LegResult> {
  const { random, appendOnly } = options;
  using sizes = appendOnly ? new AppendOnlySizes(fleet.statusRedis.folder) : null;
  const viewers = Array.from({ length: VIEWERS }, (_, i) => makeViewer(fleet, i, options));
  const violations = new Set<string>();
  const onLoss: Striking["onLoss"] = (keptMs, untilMs) => {
    for (const { ledgers } of viewers) for (const ledger of ledgers) ledger.lost(keptMs, untilMs);
  };
  const running = viewers.map((viewer) => viewer.run());
  const kinds: Record<string, number> = {};
  let struck = 0;
  const faults = [...(options.faults ?? [])];
  while (struck < options.volume && violations.size === 0) {
    await sleep(random.between(200, 2_000));
    const fault = faults.shift() ?? chooseViewFault(random);
    if (!(await strikeViews(fault, { fleet, requests, random, sizes, onLoss }))) continue;
    struck += 1;
    const kind =
      "name" in fault
        ? `${fault.kind}_${fault.name}`
        : "how" in fault
          ? `${fault.kind}_${fault.how}`
          : fault.kind;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    for (const what of await breaches(fleet, viewers)) violations.add(what);
    if (struck % 10 === 0) options.say(`${struck} of ${options.volume} faults, ${JSON.stringify(kinds)}`);
  }
  await untilFlushedAgain(fleet);
  for (const viewer of viewers) viewer.stop();
  await Promise.all(running);
  await untilWritten(fleet);
  for (const what of await audit(fleet, viewers)) violations.add(what);
  return resultOf({ struck, kinds, viewers, violations, decisions: await countDecisions(fleet.pool) });
}

function makeViewer(fleet: Fleet, i: number, { random }: ViewLegOptions): DrilledViewer {
  return new DrilledViewer({
    url: fleet.url,
    video: VIDEOS[i % VIDEOS.length] ?? "",
    name: `viewer-${i}`,
    token: (viewer) => fleet.token(VIEWS_TENANT, viewer),
    random: random.fork(`viewer ${i}`),
  });
}

/** What can be seen while all goes on. */
async function breaches(
  fleet: Fleet<SingleRedis>,
  viewers: readonly DrilledViewer[],
): Promise<readonly string[]> {
  const told = viewers.flatMap(({ ledgers }) => ledgers.flatMap(({ violations }) => violations));
  return [...told, ...(await readViewBreaches(fleet.pool)), ...(await expiring(fleet))];
}

async function expiring({ statusRedis }: Fleet<SingleRedis>): Promise<readonly string[]> {
  const redis = new Redis(statusRedis.url);
  try {
    const keys = (await redis.eval(EXPIRING, 1, DIRTY, `tenant:${VIEWS_TENANT}:view:`)) as readonly string[];
    return keys.map((key) => `${key} expires and is in no row`);
  } finally {
    redis.disconnect();
  }
}

/** What is watched after the last fault is written, too. */
async function untilFlushedAgain({ pool }: Fleet): Promise<void> {
  const sinceMs = Date.now();
  const isFlushed = async (): Promise<boolean> => (await flushedBefore(pool, Date.now())) > sinceMs;
  await eventually("it goes on", isFlushed, CALM_WITHIN_MS);
}

async function untilWritten({ statusRedis }: Fleet<SingleRedis>): Promise<void> {
  const redis = new Redis(statusRedis.url);
  try {
    await eventually("all is written", async () => (await redis.zcard(DIRTY)) === 0, CALM_WITHIN_MS);
  } finally {
    redis.disconnect();
  }
}

/** Rows against what each viewer knows; and what its state is when it asks again. */
async function audit(
  fleet: Fleet<SingleRedis>,
  viewers: readonly DrilledViewer[],
): Promise<readonly string[]> {
  const rows = await readViewRows(fleet.pool);
  const found = [...(await breaches(fleet, viewers))];
  for (const viewer of viewers) {
    for (const ledger of viewer.ledgers) found.push(...ledger.judge(rows.get(ledger.name)?.watched ?? null));
    const last = viewer.ledgers.at(-1);
    const row = last === undefined ? undefined : rows.get(last.name);
    const state = await viewer.look();
    if (state === null || row === undefined) continue;
    if (state.attended !== row.attended)
      found.push(`${last?.name}: attended ${state.attended}, its row ${row.attended}`);
    if (state.watched_seconds !== row.watched.size)
      found.push(`${last?.name}: ${state.watched_seconds} s, its row ${row.watched.size} s`);
  }
  return found;
}

function resultOf({
  struck,
  kinds,
  viewers,
  violations,
  decisions,
}: {
  readonly struck: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly viewers: readonly DrilledViewer[];
  readonly violations: ReadonlySet<string>;
  readonly decisions: number;
}): LegResult {
  const sum = (what: keyof ViewerCounts): number =>
    viewers.reduce((total, { counts }) => total + counts[what], 0);
  const ledgers = viewers.flatMap((viewer) => viewer.ledgers);
  return {
    faults: struck,
    jobs: ledgers.length,
    observations: sum("reports"),
    violations: [...violations].map((what) => ({ invariant: "I12", what })),
    slowestRecoveryMs: null,
    figures: {
      ...kinds,
      counted: sum("counted"),
      repeated: sum("repeated"),
      reordered: sum("reordered"),
      answers_lost: sum("answersLost"),
      failed_requests: sum("failed"),
      seconds_kept: ledgers.reduce((total, { keptSeconds }) => total + keptSeconds, 0),
      decisions,
    },
  };
}
