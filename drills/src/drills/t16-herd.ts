import { eventually, withRedis } from "@statusplane/test-support";
import { readStatements, ROW_LOOK_UPS } from "../audit/statements.ts";
import { Crowd } from "../crowd/crowd.ts";
import { addCounts, countAnswers, quantileMs } from "../crowd/counts.ts";
import type { CrowdCounts, CrowdOrder, Watched } from "../crowd/crowd-words.ts";
import type { Drill, LegOptions, LegResult, Violation } from "../drill.ts";
import { Fleet } from "../fleet/fleet.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";
import { DRILL_JOB_TYPE } from "../program/drill-job.ts";

const WATCHERS = 10_000;
const APIS = 2;
const TENANT = "7";
/** All of them look within this: what a push would bring at once. */
const AT_ONCE_MS = 1_000;
/** The slow end of the client's schedule: 10,000 a second are beyond two cores. */
const EVERY_MS = [3_000, 5_000] as const;
const NEVER_MS = 3_600_000;
/** What a process read of a finished row serves for so long. */
const REUSED_MS = 5_000;
const OPEN_WITHIN_MS = 8_000;
const ALL_SEE_WITHIN_MS = 120_000;
/** Rows that nobody saw live are looked up a hundred at once. */
const EMPTIED_SELECTS = 200;
const EMPTIED_SEEN_WITHIN_MS = 5_000;
/** Beside them some who saw their job live when the store was emptied. */
const LIVE_WATCHERS = 300;

/** Ten thousand people look at the same moment: at the end of one job, and at ten thousand jobs that Redis forgot. */
export const t16: Drill = {
  id: "T16",
  title: "10,000 watchers see one job end; 10,000 watchers of 10,000 jobs after FLUSHALL",
  fullVolume: 100,
  legVolume: 10,
  injectsFaults: false,
  bound:
    "one job: SELECTs ≤ 1 per api process and 5 s; emptied: ≤ 200 in all, seen ≤ 5 s after asking; no end lost, no 5xx but a declared 503; p99 ≤ 500 ms (figure)",
  boundMs: null,
  leg,
};

async function leg({ volume, say }: LegOptions): Promise<LegResult> {
  const fleet = await Fleet.open({ statusRedis: await openSingleRedis(false), apis: APIS, workers: 2 });
  const seen: Herd[] = [];
  try {
    const token = await fleet.token(TENANT);
    const jobs = await insertFinishedJobs(fleet);
    for (let n = 0; n < volume; n++) {
      const herd = n % 2 === 0 ? await oneJobEnds(fleet, token) : await storeIsEmptied(fleet, token, jobs);
      seen.push(herd);
      say(
        `${n + 1}/${volume}, ${herd.name}: ${herd.selects} SELECTs, all saw the end within ${Math.round(herd.allSawMs ?? NEVER_MS)} ms`,
      );
    }
  } finally {
    await fleet.close();
  }
  return resultOf(seen);
}

interface Herd {
  readonly name: "one job" | "many jobs";
  readonly jobs: number;
  readonly counts: CrowdCounts;
  readonly selects: number;
  /** More would be an answer read twice. */
  readonly selectsAllowed: number;
  /** Until the last watcher saw the end, ms; null: it never did. */
  readonly allSawMs: number | null;
  /** From a watcher's first question; null: of no promise. */
  readonly seenWithinMs: number | null;
}

/** All watch one job until somebody cancels it; then all look at once, and each may ask for the record. */
async function oneJobEnds(fleet: Fleet<SingleRedis>, token: string): Promise<Herd> {
  const id = await submitJob(fleet, token);
  const crowd = Crowd.start({
    ...orderOf(fleet, token),
    pollFrom: "open",
    watched: Array.from({ length: WATCHERS }, () => watchedOf(id)),
  });
  await using _crowd = crowd;
  await untilOpen(crowd);
  await cancel(fleet, token, id);
  const { counts, selects, allSawMs } = await lookAtOnce(fleet, crowd);
  const spanMs = counts.details === null ? 0 : counts.details.lastAtMs - counts.details.firstAtMs;
  const selectsAllowed = APIS * (1 + Math.floor(spanMs / REUSED_MS));
  return { name: "one job", jobs: 1, counts, selects, selectsAllowed, allSawMs, seenWithinMs: null };
}

/**
 * Redis forgets ten thousand finished jobs; each has somebody who opens its page just then. Others look at a job that runs:
 * they see its end when somebody cancels it after that.
 */
async function storeIsEmptied(
  fleet: Fleet<SingleRedis>,
  token: string,
  ids: readonly string[],
): Promise<Herd> {
  const crowd = Crowd.start({
    ...orderOf(fleet, token),
    pollFrom: "told",
    watched: ids.map((id) => watchedOf(id)),
  });
  await using _crowd = crowd;
  const liveId = await submitJob(fleet, token);
  await using live = Crowd.start({
    ...orderOf(fleet, token),
    pollFrom: "open",
    watched: Array.from({ length: LIVE_WATCHERS }, () => watchedOf(liveId)),
  });
  await untilOpen(crowd);
  await untilOpen(live, LIVE_WATCHERS);
  await withRedis(fleet.statusRedis.url, (redis) => redis.flushall());
  const seen = await lookAtOnce(fleet, crowd);
  await cancel(fleet, token, liveId);
  const liveSawMs = await live.until(({ sawEnd }) => sawEnd === LIVE_WATCHERS, ALL_SEE_WITHIN_MS);
  const allSawMs = liveSawMs === null ? null : seen.allSawMs;
  return {
    ...{ name: "many jobs", jobs: ids.length, ...seen, allSawMs },
    ...{ selectsAllowed: EMPTIED_SELECTS, seenWithinMs: EMPTIED_SEEN_WITHIN_MS },
  };
}

async function untilOpen(crowd: Crowd, watchers = WATCHERS): Promise<void> {
  const openMs = await crowd.until(({ open }) => open === watchers, ALL_SEE_WITHIN_MS);
  if (openMs === null) throw new Error("not every watcher could open its page in time");
}

async function lookAtOnce(
  fleet: Fleet<SingleRedis>,
  crowd: Crowd,
): Promise<Pick<Herd, "counts" | "selects" | "allSawMs">> {
  await crowd.countAnew();
  const before = await readStatements(fleet.pool, ROW_LOOK_UPS);
  crowd.pollNow(AT_ONCE_MS);
  const allSawMs = await crowd.until(({ sawEnd }) => sawEnd === WATCHERS, ALL_SEE_WITHIN_MS);
  await crowd.until(({ asking }) => asking === 0, ALL_SEE_WITHIN_MS); // the last of them may still ask for the record
  const counts = await crowd.stop();
  return { counts, selects: (await readStatements(fleet.pool, ROW_LOOK_UPS)) - before, allSawMs };
}

function orderOf(fleet: Fleet, token: string): Omit<CrowdOrder, "watched" | "pollFrom"> {
  const urls = fleet.apis.map(({ program }) => program.url);
  const by = ["websocket", "sse", "poll"] as const;
  return { ...{ urls, token, by }, openWithinMs: OPEN_WITHIN_MS, everyMs: EVERY_MS, until: "end" };
}

function watchedOf(id: string): Watched {
  return { jobs: [id], progressPath: `/api/v1/jobs/${id}/progress/`, detailPath: `/api/v1/jobs/${id}/` };
}

async function submitJob(fleet: Fleet, token: string): Promise<string> {
  const doing = {
    lastsMs: 2 * ALL_SEE_WITHIN_MS, // longer than it takes to open every page
    failAttempts: 0,
    resultBytes: 0,
    writesFile: false,
    marker: "herd",
  };
  const answer = await post(fleet, token, "", JSON.stringify({ job_type: DRILL_JOB_TYPE, payload: doing }));
  return (answer as { job_id: string }).job_id;
}

/** Resolves when the job has ended. */
async function cancel(fleet: Fleet, token: string, id: string): Promise<void> {
  await post(fleet, token, `${id}/cancel/`, null);
  const look = async (): Promise<boolean> => {
    const { rowCount } = await fleet.pool.query(
      "SELECT FROM statusplane.job WHERE id = $1 AND status = 'CANCELLED'",
      [id],
    );
    return rowCount === 1;
  };
  await eventually("the job has ended", look, ALL_SEE_WITHIN_MS);
}

/** @throws {Error} for any answer but 202. */
async function post(fleet: Fleet, token: string, path: string, body: string | null): Promise<unknown> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === null ? {} : { "content-type": "application/json" }),
  };
  const response = await fetch(`${fleet.url}/api/v1/jobs/${path}`, { method: "POST", headers, body });
  if (response.status !== 202) throw new Error(`it was answered ${response.status}`);
  return response.json();
}

/** Rows as ten thousand finished jobs have left them; the status store has never heard of them. */
async function insertFinishedJobs(fleet: Fleet): Promise<readonly string[]> {
  const { rows } = await fleet.pool.query<{ id: string }>(
    `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, status, tries, payload, result, result_bytes, started_at, finished_at)
      SELECT $1, 'job', 'herd-' || n, $2, 'DONE', 1, '{}', '{"marker":"herd"}', 17, now(), now()
        FROM generate_series(1, $3::int) AS n
     RETURNING id`,
    [TENANT, DRILL_JOB_TYPE, WATCHERS],
  );
  return rows.map(({ id }) => id);
}

function resultOf(seen: readonly Herd[]): LegResult {
  const all = addCounts(seen.map(({ counts }) => counts));
  const kinds = ["one job", "many jobs"] as const;
  return {
    faults: seen.length,
    jobs: seen.reduce((sum, { jobs }) => sum + jobs, 0),
    observations: countAnswers(all),
    violations: seen.flatMap(violationsOf),
    slowestRecoveryMs: null,
    figures: Object.fromEntries(
      kinds
        .map((kind) => [kind, seen.filter(({ name }) => name === kind)] as const)
        .filter(([, herds]) => herds.length > 0)
        .flatMap(([kind, herds]) => figuresOf(kind.replace(" ", "_"), herds)),
    ),
  };
}

function figuresOf(kind: string, herds: readonly Herd[]): [string, number][] {
  const counts = addCounts(herds.map((herd) => herd.counts));
  return [
    [`${kind}_p99_ms`, quantileMs(counts.tookMs, 0.99)],
    ...herds.flatMap(({ seenWithinMs, counts: { sawMs } }): [string, number][] =>
      seenWithinMs === null
        ? []
        : [0.5, 0.99, 1].map((share) => [`${kind}_seen_p${share * 100}_ms`, quantileMs(sawMs, share)]),
    ),
    [`${kind}_most_selects`, Math.max(...herds.map(({ selects }) => selects))],
    [`${kind}_details`, countAnswers(counts, "detail ")],
    [`${kind}_503`, countAnswers(counts, "poll 503") + countAnswers(counts, "detail 503")],
    [
      `${kind}_streams_refused`,
      countAnswers(counts, "websocket refused") + countAnswers(counts, "sse refused"),
    ],
    [`${kind}_unanswered`, countAnswers(counts, "poll 0") + countAnswers(counts, "detail 0")],
    [`${kind}_429`, countAnswers(counts, "detail 429")],
    [`${kind}_all_saw_ms`, Math.round(Math.max(...herds.map(({ allSawMs }) => allSawMs ?? NEVER_MS)))],
  ];
}

function violationsOf({ name, counts, selects, selectsAllowed, allSawMs, seenWithinMs }: Herd): Violation[] {
  const found: Violation[] = [];
  const seenLastMs = quantileMs(counts.sawMs, 1);
  if (seenWithinMs !== null && seenLastMs > seenWithinMs) {
    const late = counts.sawMs.slice(seenWithinMs + 1).reduce((sum, count) => sum + count, 0);
    found.push({ invariant: "I4", what: `${name}: ${late} saw it later, the last after ${seenLastMs} ms` });
  }
  if (selects > selectsAllowed) {
    found.push({ invariant: "I7", what: `${name}: ${selects} SELECTs, ${selectsAllowed} allowed` });
  }
  if (allSawMs === null) {
    found.push({ invariant: "I4", what: `${name}: ${WATCHERS - counts.sawEnd} watchers never saw the end` });
  }
  for (const [answer, count] of Object.entries(counts.answers)) {
    const undeclared = / 5\d\d/.test(answer) && !answer.endsWith(" 503");
    if (undeclared) found.push({ invariant: "I4", what: `${name}: ${count} × ${answer}` });
  }
  return found;
}
