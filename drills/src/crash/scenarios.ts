import { isTerminal, uuidV7, viewRef, type CrashPointName } from "@statusplane/core";
import { withRedis } from "@statusplane/test-support";
import { TENANTS } from "../load/drill-load.ts";
import type { Scene } from "./scene.ts";

/** Has some process pass a point; begun anew until one has died there. */
export type Scenario = (scene: Scene) => Promise<void>;

const ROUND_MS = 1_000;
/** The leader looks for lost data at each tick, the workers at their next write. */
const AFTER_LOSS_MS = 2_500;
/** A leader's lease row and beat are over after this. */
const TAKE_OVER_MS = 2_500;
const LONG_JOB_MS = 4_000;
/** Above `RESULT_MAX_BYTES` of this drill's fleet. */
export const RESULT_MAX_BYTES = 20_000;

const byLoad: Scenario = (scene) => scene.pause(ROUND_MS);

const jobRuns: Scenario = async (scene) => {
  const ref = await scene.submit({ lastsMs: 2_500 });
  await scene.untilRow(ref, ({ status }) => isTerminal(status));
};

const fileArrives: Scenario = (scene) => scene.upload({ twice: false });

const fileIsNotNeeded: Scenario = (scene) =>
  scene.stage.random.chance(0.5) ? scene.upload({ twice: true }) : scene.uploadRefused();

const jobHasLargeResult: Scenario = async (scene) => {
  const ref = await scene.submit({ resultBytes: 2 * RESULT_MAX_BYTES });
  await scene.untilRow(ref, ({ status }) => isTerminal(status));
};

const jobFails: Scenario = async (scene) => {
  const ref = await scene.submit({ failAttempts: 1, writesFile: true });
  await scene.untilRow(ref, ({ attempt }) => attempt > 1);
};

const runningJobIsCancelled: Scenario = async (scene) => {
  const ref = await scene.submit({ lastsMs: LONG_JOB_MS, writesFile: true });
  if (!(await scene.untilRow(ref, ({ status }) => status === "PROCESSING"))) return;
  await scene.ask(ref, "cancel");
};

/** A job whose first try failed waits for its next one. */
const waitingJobIsCancelled: Scenario = async (scene) => {
  const ref = await scene.submit({ failAttempts: 2 });
  if (!(await scene.untilRow(ref, ({ status, attempt }) => status === "PENDING" && attempt > 1))) return;
  await scene.ask(ref, "cancel");
};

const jobIsRetried: Scenario = async (scene) => {
  const ref = await scene.submit({ failAttempts: 2 });
  if (!(await scene.untilRow(ref, ({ status, attempt }) => status === "PENDING" && attempt > 1))) return;
  await scene.ask(ref, "cancel");
  if (await scene.untilRow(ref, ({ status }) => isTerminal(status))) await scene.ask(ref, "retry");
};

const finishedJobIsRemoved: Scenario = async (scene) => {
  const ref = await scene.submit({ writesFile: true });
  if (await scene.untilRow(ref, ({ status }) => isTerminal(status))) await scene.remove(ref);
};

const workerShutsDown: Scenario = async (scene) => {
  const ref = await scene.submit({ lastsMs: LONG_JOB_MS, writesFile: true });
  const slot = await scene.untilBegun(ref);
  if (slot === null || !slot.isUp) return;
  scene.stage.supervisor.signal(slot, "SIGTERM");
  await scene.untilRow(ref, ({ attempt }) => attempt > 1);
};

/** Other lanes' crashes leave leases behind; where they do not, this one does. */
const workerIsKilled: Scenario = async (scene) => {
  await scene.pause(3 * ROUND_MS);
  if (scene.hit.aborted) return;
  const ref = await scene.submit({ lastsMs: LONG_JOB_MS, writesFile: true });
  const slot = await scene.untilBegun(ref);
  if (slot === null || !slot.isUp) return;
  scene.stage.supervisor.signal(slot, "SIGKILL");
  await scene.untilRow(ref, ({ attempt }) => attempt > 1);
};

const leaderShutsDown: Scenario = async (scene) => {
  const { fleet, requests, supervisor } = scene.stage;
  const pid = requests.leader();
  const slot = fleet.slots.find((each) => each.isUp && each.program.pid === pid);
  if (slot !== undefined) supervisor.signal(slot, "SIGTERM");
  await scene.pause(TAKE_OVER_MS);
};

/** The queue brings a delivery before its row's time has come. */
const deliveryIsEarly: Scenario = async (scene) => {
  const ref = await scene.submit({ failAttempts: 1 });
  if (!(await scene.untilRow(ref, ({ status, attempt }) => status === "PENDING" && attempt > 1))) return;
  await scene.stage.queue.enqueue({ ref, attempt: 2, jobType: "drill" });
  await scene.pause(ROUND_MS);
};

const storeLosesAll: Scenario = async (scene) => {
  const { fleet, random, alone } = scene.stage;
  const { url } = random.chance(0.7) ? fleet.statusRedis : fleet.queueRedis;
  await alone(() => withRedis(url, async (redis) => void (await redis.flushall())));
  await scene.pause(AFTER_LOSS_MS);
};

const storeLosesRunningJob: Scenario = async (scene) => {
  const { fleet, alone } = scene.stage;
  const ref = await scene.submit({ lastsMs: 2_000 });
  if (!(await scene.untilRow(ref, ({ status }) => status === "PROCESSING"))) return;
  await alone(() => withRedis(fleet.statusRedis.url, async (redis) => void (await redis.flushall())));
  await scene.untilRow(ref, ({ status }) => isTerminal(status));
};

const queueHangs: Scenario = async (scene) => {
  const { fleet, alone } = scene.stage;
  let submit: Promise<unknown> = Promise.resolve();
  await alone(async () => {
    fleet.queueRedis.pause();
    submit = scene.submit({});
    await scene.pause(600);
    fleet.queueRedis.resume();
  });
  await submit; // not before: with every api process down it waits for one to start, which needs the queue
};

const storeHangs: Scenario = async (scene) => {
  const { fleet, alone } = scene.stage;
  const ref = await scene.submit({ lastsMs: 400 });
  if (!(await scene.untilRow(ref, ({ status }) => status === "PROCESSING"))) return;
  await alone(async () => {
    fleet.statusRedis.pause();
    await scene.pause(1_200);
    fleet.statusRedis.resume();
  });
  await scene.pause(ROUND_MS);
};

const databaseDies: Scenario = async (scene) => {
  const { fleet, alone } = scene.stage;
  const ref = await scene.submit({ lastsMs: 500 });
  if (!(await scene.untilRow(ref, ({ status }) => status === "PROCESSING"))) return;
  await alone(async () => {
    await fleet.postgres.kill();
    try {
      await scene.pause(700);
    } finally {
      await fleet.postgres.start();
    }
    await fleet.databaseAnswers();
  });
  await scene.pause(2 * ROUND_MS);
};

const VIEW_RULES = {
  ...{ lengthSeconds: 60, maxSpeed: 2, seekAhead: true, places: 2 },
  ...{ neededSeconds: 60, deadlineMs: null },
};

const videoIsWatched: Scenario = async (scene) => {
  const { views, random } = scene.stage;
  const ref = viewRef(random.pick(TENANTS), "watched", uuidV7());
  await views.load([{ ref, recorded: null }]);
  const said = {
    player: "p",
    positionSeconds: 5,
    speed: 1,
    muted: false,
    hidden: false,
    left: false,
    agoMs: 0,
  };
  await views.report(ref, { ...said, ranges: [[0, 5]] }, VIEW_RULES);
  await scene.pause(2 * ROUND_MS);
};

/** How each point is reached. */
export const SCENARIOS: Readonly<Record<CrashPointName, Scenario>> = {
  "upload.before-save": fileArrives,
  "upload.after-save": fileArrives,
  "upload.before-remove": fileIsNotNeeded,
  "upload.after-remove": fileIsNotNeeded,
  "submit.before-commit": byLoad,
  "submit.after-commit": byLoad,
  "submit.after-apply": byLoad,
  "cancel.before-commit": runningJobIsCancelled,
  "cancel.after-commit": runningJobIsCancelled,
  "cancel.after-flag": runningJobIsCancelled,
  "cancel.after-apply": waitingJobIsCancelled,
  "retry.before-commit": jobIsRetried,
  "retry.after-commit": jobIsRetried,
  "retry.after-apply": jobIsRetried,
  "remove.before-commit": finishedJobIsRemoved,
  "remove.after-commit": finishedJobIsRemoved,
  "remove.after-apply": finishedJobIsRemoved,
  "apply.after-announce": byLoad,
  "apply.after-enqueue": byLoad,
  "wake.before-message": queueHangs,
  "wake.after-message": queueHangs,
  "claim.before-commit": byLoad,
  "claim.after-commit": byLoad,
  "announce.before-write": byLoad,
  "announce.after-write": byLoad,
  "job.before-code": byLoad,
  "progress.before-write": byLoad,
  "progress.after-write": byLoad,
  "look.before-read": storeLosesRunningJob,
  "look.after-read": storeLosesRunningJob,
  "renew.before-commit": jobRuns,
  "renew.after-commit": jobRuns,
  "result-file.before-write": jobHasLargeResult,
  "result-file.after-write": jobHasLargeResult,
  "finish.before-commit": byLoad,
  "finish.after-commit": byLoad,
  "finish.after-write": byLoad,
  "finish.before-repeat": storeHangs,
  "finish.after-repeat": storeHangs,
  "failed-try.before-commit": jobFails,
  "failed-try.after-commit": jobFails,
  "failed-try.after-write": jobFails,
  "hand-back.before-commit": workerShutsDown,
  "hand-back.after-commit": workerShutsDown,
  "hand-back.after-write": workerShutsDown,
  "unknown-commit.before-look": databaseDies,
  "unknown-commit.after-look": databaseDies,
  "outputs.before-remove": jobFails,
  "outputs.after-remove": jobFails,
  "delivery.before-acknowledge": byLoad,
  "delivery.after-acknowledge": byLoad,
  "delivery.before-give-back": deliveryIsEarly,
  "delivery.after-give-back": deliveryIsEarly,
  "tick.before-commit": byLoad,
  "tick.after-commit": byLoad,
  "tick.before-sentinel": byLoad,
  "tick.after-sentinel": byLoad,
  "relay.before-take": workerIsKilled,
  "relay.after-take": workerIsKilled,
  "relay.before-apply": byLoad,
  "relay.after-apply": byLoad,
  "relay.before-mark": byLoad,
  "relay.after-mark": byLoad,
  "relay.before-delete": byLoad,
  "relay.after-delete": byLoad,
  "waiting.before-page": byLoad,
  "waiting.after-page": byLoad,
  "waiting.after-apply": byLoad,
  "sweep.before-commit": byLoad,
  "sweep.after-commit": workerIsKilled,
  "sweep.before-remove": workerIsKilled,
  "sweep.after-remove": workerIsKilled,
  "recover.before-sentinel": storeLosesAll,
  "recover.after-sentinel": storeLosesAll,
  "recover.before-page": storeLosesAll,
  "recover.after-page": storeLosesAll,
  "recover.after-drain": storeLosesAll,
  "recover.before-end": storeLosesAll,
  "recover.after-end": storeLosesAll,
  "flush.before-write": videoIsWatched,
  "flush.after-write": videoIsWatched,
  "flush.after-settle": videoIsWatched,
  "resign.before-commit": leaderShutsDown,
  "resign.after-commit": leaderShutsDown,
};

const LOSSES: ReadonlySet<Scenario> = new Set([storeLosesAll, storeLosesRunningJob]);
const OF_THE_LEADER = /^(tick|relay|waiting|sweep|recover|flush|resign)\./;

/** Whether the status store loses data on the way to this point. */
export function losesData(name: CrashPointName): boolean {
  return LOSSES.has(SCENARIOS[name]);
}

/** Whether only the leading reconciler passes this point: each crash there costs a take-over. */
export function isOfTheLeader(name: CrashPointName): boolean {
  return OF_THE_LEADER.test(name);
}
