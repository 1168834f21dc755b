/**
 * Moments at which a process can be made to die, so that drills prove what is left behind at each of them. Named
 * `{flow}.{before|after}-{what}`, one sentence each: where it is. Before and after every await of what moves a job; where
 * nothing is awaited between two, they are one moment and have one name.
 */
export const CRASH_POINTS = {
  "upload.before-save": "A submit's file begins to arrive; nothing of it is on disk.",
  "upload.after-save": "A submit's file is on disk; no row names it.",
  "upload.before-remove": "A submit was refused, or repeats an earlier one: its file is about to be removed.",
  "upload.after-remove": "The file of such a submit is removed; it was not answered.",

  "submit.before-commit": "A submit is judged and its file saved; the row is about to be written.",
  "submit.after-commit": "Row and outbox entry are committed, now or by an earlier submit; nobody was told.",
  "submit.after-apply": "Store and queue were told of the row, or failed; the submit was not answered.",
  "cancel.before-commit": "A cancel is about to reach its row.",
  "cancel.after-commit": "The row knows of the cancel; neither worker nor store was told.",
  "cancel.after-flag": "The worker of a PROCESSING row was told of the cancel; it was not answered.",
  "cancel.after-apply": "The store was told that a waiting job is CANCELLED; the cancel was not answered.",
  "retry.before-commit": "A retry is allowed; the row is about to become PENDING of the next attempt.",
  "retry.after-commit": "A retry's row and outbox entry are committed; nobody was told.",
  "retry.after-apply": "Store and queue were told of a retry, or failed; it was not answered.",
  "remove.before-commit": "A finished job's row is about to be removed.",
  "remove.after-commit": "The row is gone and an entry without a row is left; store and files were not told.",
  "remove.after-apply": "Store and files were told that the row is gone, or failed; it was not answered.",

  "apply.after-announce":
    "The store has answered the announcement of a PENDING row; the queue may not have yet.",
  "apply.after-enqueue": "The queue has answered the delivery of a PENDING row; the store may not have yet.",
  "wake.before-message":
    "Store or queue did not hear what a request committed; the reconciler is about to be woken.",
  "wake.after-message": "The reconciler was woken for what store or queue did not hear, or that failed too.",

  "claim.before-commit": "A delivery was taken; its row is about to be claimed.",
  "claim.after-commit":
    "The row is PROCESSING and this worker's; nothing was announced, the delivery is held.",
  "announce.before-write": "A worker is about to announce its attempt, first or after the store lost it.",
  "announce.after-write": "The store has answered a worker's announcement.",
  "job.before-code": "The attempt is being announced; the job's own code is about to begin.",
  "progress.before-write": "A worker is about to write progress.",
  "progress.after-write": "The store has answered a progress write; the answer was not heeded.",
  "look.before-read": "The store no longer shows a running attempt; its worker is about to look at the row.",
  "look.after-read": "The row says whose the attempt is; its worker has not acted on it.",
  "renew.before-commit": "All leases of a worker are about to be renewed.",
  "renew.after-commit": "The leases are renewed; the worker has not heeded which were lost or cancelled.",

  "result-file.before-write": "The job's code has returned a large result; its file is about to be written.",
  "result-file.after-write": "The file of a large result is written; no row says so.",
  "finish.before-commit": "The job's code has ended, well or cancelled; the row is about to say so.",
  "finish.after-commit": "The end is committed with its outbox entry; the store was not told.",
  "finish.after-write": "The store was told of the end, or did not answer in time; the delivery is held.",
  "finish.before-repeat": "An end that the store did not hear is about to be written once more.",
  "finish.after-repeat": "The store has answered such an end; it is still kept here.",
  "failed-try.before-commit": "The job's code has thrown; the row is about to say so.",
  "failed-try.after-commit": "PENDING of the next attempt, or FAILED, is committed; nobody was told.",
  "failed-try.after-write":
    "Store and queue were told of a failed try, or failed; the outputs are still there.",
  "hand-back.before-commit":
    "A worker that shuts down, or whose claim got no answer, is about to hand a job back.",
  "hand-back.after-commit": "The job is handed back, PENDING of the next attempt; nobody was told.",
  "hand-back.after-write":
    "Store and queue were told of a handed-back job, or failed; the outputs are still there.",
  "unknown-commit.before-look": "An end's statement got no answer; its row is about to be read.",
  "unknown-commit.after-look": "The row says whether that statement was committed; nothing followed from it.",
  "outputs.before-remove":
    "The outputs of an attempt that published nothing are about to be removed by its worker.",
  "outputs.after-remove": "The outputs of such an attempt are removed; the delivery is held.",

  "delivery.before-acknowledge": "A delivery was handled to its end; the queue is about to forget it.",
  "delivery.after-acknowledge": "The queue has forgotten a delivery.",
  "delivery.before-give-back": "A delivery cannot be handled now; the queue is about to take it back.",
  "delivery.after-give-back": "The queue has taken a delivery back.",

  "tick.before-commit": "The reconciler is about to renew its lease row and take due entries.",
  "tick.after-commit": "The lease row is renewed and entries are taken; nothing of them is applied.",
  "tick.before-sentinel": "Nothing was lost; the tick is about to be written into a sentinel.",
  "tick.after-sentinel": "A sentinel says this tick; the taken entries are not applied.",
  "relay.before-take": "After a sweep, a loss or a full tick: more due entries are about to be taken.",
  "relay.after-take": "More entries are taken; nothing of them is applied.",
  "relay.before-apply": "A taken entry is about to be told to store and queue.",
  "relay.after-apply": "An entry's row was told to store and queue; the entry does not know.",
  "relay.before-mark": "Entries are applied once; they are about to wait for the settle window.",
  "relay.after-mark": "Entries applied once are due again after the settle window.",
  "relay.before-delete": "Entries are applied twice and are about to be deleted.",
  "relay.after-delete": "Entries applied twice are deleted.",
  "waiting.before-page": "The reconciler is about to read a page of PENDING rows, to tell them again.",
  "waiting.after-page": "A page of PENDING rows is read; none of it is told again.",
  "waiting.after-apply": "A page of PENDING rows was told to store and queue again.",
  "sweep.before-commit": "Leases that are over are about to be looked for.",
  "sweep.after-commit": "Leases that were over are ended; their entries are due and nobody was told.",
  "sweep.before-remove": "The outputs of an attempt that the sweeper ended are about to be removed.",
  "sweep.after-remove": "The outputs of an attempt that the sweeper ended are removed.",
  "recover.before-sentinel": "A loss of data was noticed; its sentinel does not say so yet.",
  "recover.after-sentinel": "The sentinel says that a loss is being made good; no row has an entry for it.",
  "recover.before-page": "A page of rows is about to get entries because data was lost.",
  "recover.after-page": "A page of rows has entries because data was lost; none of it is applied.",
  "recover.after-drain": "Such a page was applied; the next one has no entries.",
  "recover.before-end": "All rows were told again; the sentinel still says that a loss is being made good.",
  "recover.after-end": "The sentinel says an ordinary tick again.",
  "flush.before-write": "Views that have changed are read; their rows do not know.",
  "flush.after-write": "What was watched is in its rows; the status store does not know that it is.",
  "flush.after-settle": "The status store knows what is in rows, and has what was decided.",
  "resign.before-commit": "The leading reconciler has ended its work and is about to give its lease row up.",
  "resign.after-commit": "The lease row is given up; the process has not ended.",
} as const satisfies Readonly<Record<string, string>>;

export type CrashPointName = keyof typeof CRASH_POINTS;

/** Names of applications, by {@link defineCrashPoints}. */
const ownNames = new Set<string>();

let handler: ((name: string) => void) | null = null;

/** Says that this moment has come. One null check unless armed: about 1 ns measured, 9 ns before it is optimized. */
export function crashPoint(name: CrashPointName): void {
  if (handler !== null) handler(name);
}

/**
 * Crash points of an application's own, named and described like the platform's; `CRASH_AT` takes them, too.
 * @returns what says that one of these moments has come.
 * @throws {TypeError} for a name that the platform has.
 */
export function defineCrashPoints<Name extends `${string}.${string}`>(
  points: Readonly<Record<Name, string>>,
): (name: Name) => void {
  for (const name of Object.keys(points)) {
    if (Object.hasOwn(CRASH_POINTS, name)) throw new TypeError(`${name} is a crash point of the platform`);
    ownNames.add(name);
  }
  return (name) => {
    if (handler !== null) handler(name);
  };
}

/** From now on every crash point calls this with its name; null: none does. One per process, for tests and drills only. */
export function armCrashPoints(called: ((name: string) => void) | null): void {
  handler = called;
}

/** Whether the platform or an application has a crash point of that name. */
export function isCrashPointName(text: string): boolean {
  return Object.hasOwn(CRASH_POINTS, text) || ownNames.has(text);
}
