import { setTimeout as sleep } from "node:timers/promises";
import { API_ROLE } from "../../../test/end-to-end/support/deployment.ts";
import { StatementMark } from "../../../test/end-to-end/support/statements.ts";
import { openRoleFleet, startAsRole } from "../constancy/role-fleet.ts";
import { countByCause } from "../constancy/statement-causes.ts";
import { Connection } from "../crowd/connection.ts";
import { Crowd } from "../crowd/crowd.ts";
import { countAnswers } from "../crowd/counts.ts";
import type { Drill, LegOptions, LegResult, Violation } from "../drill.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import { submitUntilAccepted } from "../load/submit.ts";
import { DRILL_JOB_TYPE } from "../program/drill-job.ts";
import { Spread } from "../report/spread.ts";

const STREAMS = 5_000;
const OPEN_WITHIN_MS = 8_000;
const ALL_OPEN_WITHIN_MS = 120_000;
const DRAIN_SECONDS = 20;
const GONE_WITHIN_MS = 25_000;
/** They come back spread over most of the time to leave in: no second brings more than three times its share. */
const MOST_PER_SECOND = (3 * STREAMS) / (0.7 * DRAIN_SECONDS);
const POLL_EVERY_MS = 20;
const POLLS_P99_MS = 200;
const JOB_LASTS_MS = 900_000;

/** A deploy and a restart under five thousand open pages: nobody is in anybody's way. */
export const t30: Drill = {
  id: "T30",
  title: "5,000 streams leave one api process at SIGTERM, and return after a restart of everything",
  fullVolume: 10,
  legVolume: 1,
  injectsFaults: true,
  bound: `gone ≤ ${GONE_WITHIN_MS / 1_000} s, spread; another's polls ≤ ${POLLS_P99_MS} ms (p99) while all return; 0 statements`,
  boundMs: null,
  leg,
};

async function leg({ volume, say }: LegOptions): Promise<LegResult> {
  const fleet = await openRoleFleet({ workers: 1, env: { DRAIN_SECONDS: String(DRAIN_SECONDS) } });
  const violations: Violation[] = [];
  const violate = (what: string): void => void violations.push({ invariant: "I7", what });
  try {
    const scene = await openScene(fleet);
    await using crowd = scene.crowd;
    const figures: Record<string, string | number> = {};
    for (let n = 0; n < volume; n++) {
      Object.assign(figures, await leave(scene, violate));
      say(`left: ${JSON.stringify(figures)}`);
      Object.assign(figures, await restartEverything(scene, violate));
      say(`returned: ${JSON.stringify(figures)}`);
    }
    const counts = await crowd.stop();
    return {
      faults: volume,
      jobs: 2,
      observations: countAnswers(counts),
      ...{ violations, figures, slowestRecoveryMs: null },
    };
  } finally {
    await fleet.close();
  }
}

interface Scene {
  readonly fleet: Fleet<SingleRedis>;
  readonly crowd: Crowd;
  /** Another person's, of another tenant. */
  readonly otherToken: string;
  readonly otherPath: string;
}

type Violate = (what: string) => void;

/** Everybody watches one job at the first of two processes, half by WebSocket and half by SSE; somebody else has a job, too. */
async function openScene(fleet: Fleet<SingleRedis>): Promise<Scene> {
  const [token, otherToken] = await Promise.all([fleet.token("7"), fleet.token("8")]);
  const [id, otherId] = await Promise.all([submit(fleet, token), submit(fleet, otherToken)]);
  const watched = {
    jobs: [id],
    progressPath: `/api/v1/jobs/${id}/progress/`,
    detailPath: `/api/v1/jobs/${id}/`,
  };
  const crowd = Crowd.start({
    urls: fleet.apis.map(({ program }) => program.url),
    startAtFirst: true,
    by: ["websocket", "sse"],
    token,
    watched: Array.from({ length: STREAMS }, () => watched),
    openWithinMs: OPEN_WITHIN_MS,
    pollFrom: "open",
    everyMs: [3_000, 5_000],
    until: "told",
  });
  await untilAllOpen(crowd);
  return { fleet, crowd, otherToken, otherPath: `/api/v1/jobs/${otherId}/progress/` };
}

async function leave({ fleet, crowd }: Scene, violate: Violate): Promise<Record<string, number>> {
  const [first] = fleet.apis;
  if (first === undefined) throw new Error("there is no api process");
  await crowd.countAnew();
  const leftAtMs = performance.now();
  const code = await first.stop();
  const goneMs = Math.round(performance.now() - leftAtMs);
  await untilAllOpen(crowd);
  const counts = await crowd.counts();
  const cut = countAnswers(counts, "websocket cut") + countAnswers(counts, "sse cut");
  const most = mostPerSecond(counts.returnedAtMs);
  if (code !== 0) violate(`the process ended with ${code}`);
  if (goneMs > GONE_WITHIN_MS) violate(`gone after ${goneMs} ms`);
  if (cut > 0) violate(`${cut} streams were cut off without another`);
  if (most > MOST_PER_SECOND) violate(`${most} came back within one second`);
  await startAsRole(fleet, first);
  return {
    leave_gone_ms: goneMs,
    leave_told: countAnswers(counts, "websocket bye") + countAnswers(counts, "sse bye"),
    leave_cut: cut,
    leave_most_per_second: most,
  };
}

/** Both api processes, the worker and Redis die together and are started again; the clients come back by themselves. */
async function restartEverything(scene: Scene, violate: Violate): Promise<Record<string, number>> {
  const { fleet, crowd } = scene;
  await crowd.countAnew();
  await Promise.all([...fleet.slots.map((slot) => slot.kill()), fleet.statusRedis.kill()]);
  await crowd.until(({ streams }) => streams === 0, ALL_OPEN_WITHIN_MS);
  await fleet.statusRedis.start();
  await Promise.all(fleet.slots.map((slot) => startAsRole(fleet, slot)));
  const mark = await StatementMark.set(fleet.databaseUrl, [API_ROLE]);
  const startedAtMs = performance.now();
  const over = new AbortController();
  const polling = pollAsAnother(scene, over.signal);
  await untilAllOpen(crowd);
  const returnedMs = Math.round(performance.now() - startedAtMs);
  over.abort();
  const polls = await polling;
  const counted = countByCause(await mark.since());
  const { returnedAtMs } = await crowd.counts();
  const p99 = polls.took.at(0.99);
  if (p99 > POLLS_P99_MS) violate(`another's polls took ${p99} ms (p99)`);
  if (polls.failed > 0) violate(`${polls.failed} of another's polls were not answered`);
  for (const { calls, query } of counted.other) violate(`${calls} × ${query.trim().slice(0, 200)}`);
  return {
    return_all_ms: returnedMs,
    return_most_per_second: mostPerSecond(returnedAtMs),
    return_statements: counted.other.reduce((sum, { calls }) => sum + calls, 0),
    other_polls: polls.count,
    other_polls_p50_ms: polls.took.at(0.5),
    other_polls_p99_ms: p99,
  };
}

async function pollAsAnother(
  { fleet, otherToken, otherPath }: Scene,
  over: AbortSignal,
): Promise<{ readonly took: Spread; readonly count: number; readonly failed: number }> {
  const took = new Spread();
  let [count, failed] = [0, 0];
  const connections = fleet.apis.map(({ program }) => new Connection(program.url, otherToken));
  for (; !over.aborted; count++) {
    const sentAtMs = performance.now();
    const answer = await connections[count % connections.length]?.get(otherPath, null);
    if (answer?.status === 200) took.add(performance.now() - sentAtMs);
    else failed += 1;
    await sleep(POLL_EVERY_MS, undefined, { signal: over }).catch(() => undefined); // over: looked at above
  }
  for (const connection of connections) connection.close();
  return { took, count, failed };
}

async function untilAllOpen(crowd: Crowd): Promise<void> {
  const openMs = await crowd.until(({ streams }) => streams === STREAMS, ALL_OPEN_WITHIN_MS);
  if (openMs !== null) return;
  const { streams, answers } = await crowd.counts();
  throw new Error(`${streams} of ${STREAMS} streams are open: ${JSON.stringify(answers)}`);
}

function mostPerSecond(sortedMs: readonly number[]): number {
  let [most, from] = [0, 0];
  for (const [at, ms] of sortedMs.entries()) {
    while (ms - (sortedMs[from] ?? ms) >= 1_000) from += 1;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

function submit(fleet: Fleet, token: string): Promise<string> {
  const payload = {
    lastsMs: JOB_LASTS_MS,
    ...{ failAttempts: 0, resultBytes: 0, writesFile: false, marker: "streams" },
  };
  return submitUntilAccepted({
    url: `${fleet.url}/api/v1/jobs/`,
    token,
    key: `streams-${token.slice(-8)}`,
    body: () => Promise.resolve(JSON.stringify({ job_type: DRILL_JOB_TYPE, payload })),
    onFailure: () => undefined, // it is asked again
  });
}
