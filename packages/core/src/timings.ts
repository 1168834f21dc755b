/** Every interval of the design, in one object, passed in, so that tests and drills run the same code in seconds. */
export interface Timings {
  /** Sliding TTL of live keys, in seconds. */
  readonly liveTtlSeconds: number;
  /** A worker writes each job at least this often: its sign of life. */
  readonly heartbeatMs: number;
  /** A worker writes each job at most this often; step changes and ends go at once. */
  readonly reportEveryMs: number;
  /** How long a claim or renewal gives the right to execute. */
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  /** The reconciler's tick. */
  readonly tickMs: number;
  readonly sweepEveryMs: number;
  /** How often waiting rows are announced and enqueued again. */
  readonly waitingEveryMs: number;
  /** The wait between the relay's two applications of an entry. */
  readonly settleMs: number;
  /** A taken outbox entry is due again after this if its taker dies. */
  readonly takeMs: number;
  /** `due_at` of an entry whose committer writes Redis and queue itself. */
  readonly committerGraceMs: number;
  /** The term of the reconciler's lease row. */
  readonly reconcilerLeaseMs: number;
  /** A standby asks Postgres when the leader's beat is older than this. */
  readonly beatStaleMs: number;
  /** A standby asks Postgres this often while Redis does not answer. */
  readonly standbyAskMs: number;
  /** Deadline of every request-side call to the status store or queue. */
  readonly requestDeadlineMs: number;
  /** Deadline of every request-side statement, and of the wait for a connection that it needs. */
  readonly databaseDeadlineMs: number;
  /** How long a worker waits for the status store after a COMMIT before it goes on. */
  readonly completionDeadlineMs: number;
  /** Everything watched by a feed is read again this often. */
  readonly rereadMs: number;
  /** A tenant's lists are read for its watchers at most this often, however much happens. */
  readonly listEveryMs: number;
  /** Of a video the views that were reported are read for its watchers at most this often, however many report. */
  readonly viewsEveryMs: number;
  /** A job whose known remaining time is below this may finish at shutdown. */
  readonly finishWithinMs: number;
  /** A process is gone this long after SIGTERM. */
  readonly shutdownMs: number;
  /** First and greatest delay before another try; doubled between, with full jitter on the upper half. */
  readonly retryBackoffMs: { readonly first: number; readonly max: number };
  /** A foreign write over a running job costs at most one look at the row per job and this time. */
  readonly takeBackEveryMs: number;
  /** A reader puts a live job of another program on the active list at most once per job and this time. */
  readonly relistEveryMs: number;
  /** Life of a `statusplane:unready:` key, in seconds. */
  readonly unreadyTtlSeconds: number;
  /** On an open stream something comes at least this often. */
  readonly beatMs: number;
  /** A WebSocket whose client answers no beat for so long is closed. */
  readonly quietMs: number;
  /** A WebSocket that nothing else signs in says who it is within this. */
  readonly firstMessageMs: number;
  /** A stream whose client has not read for so long what waits for it is closed. */
  readonly slowMs: number;
  /** Greatest age of a WebSocket; each lives up to 10 % less. */
  readonly socketAgeMs: number;
  /** Greatest age of an SSE connection, which has no way back; each lives up to 10 % less. */
  readonly eventsAgeMs: number;
  /** What was watched is written to its rows this often. */
  readonly viewFlushMs: number;
  /** A view that is written stays in the status store so long after its last flush, in seconds. */
  readonly viewTtlSeconds: number;
}

export const DEFAULT_TIMINGS: Timings = {
  liveTtlSeconds: 21_600,
  heartbeatMs: 10_000,
  reportEveryMs: 250,
  leaseMs: 90_000,
  renewEveryMs: 30_000,
  tickMs: 5_000,
  sweepEveryMs: 10_000,
  waitingEveryMs: 600_000,
  settleMs: 60_000,
  takeMs: 30_000,
  committerGraceMs: 2_000,
  reconcilerLeaseMs: 15_000,
  beatStaleMs: 10_000,
  standbyAskMs: 30_000,
  requestDeadlineMs: 200,
  databaseDeadlineMs: 2_000,
  completionDeadlineMs: 500,
  rereadMs: 15_000,
  listEveryMs: 250,
  viewsEveryMs: 250,
  finishWithinMs: 15_000,
  shutdownMs: 25_000,
  retryBackoffMs: { first: 2_000, max: 60_000 },
  takeBackEveryMs: 60_000,
  relistEveryMs: 60_000,
  unreadyTtlSeconds: 60,
  beatMs: 15_000,
  quietMs: 45_000,
  firstMessageMs: 5_000,
  slowMs: 30_000,
  socketAgeMs: 1_800_000,
  eventsAgeMs: 300_000,
  viewFlushMs: 30_000,
  viewTtlSeconds: 604_800,
};
