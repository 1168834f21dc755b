/**
 * The words of this project. Outside this list no other word is used for these things in code, URLs,
 * logs or docs.
 *
 * | term | meaning here | not |
 * |---|---|---|
 * | job | one unit of background work that someone watches; `kind` says which of the two families it is: `video` or `job` | task, operation |
 * | job type | which code runs it: `invoice_pdf`, `mail` | queue name |
 * | attempt | the row's number for one story of PENDING and PROCESSING; rises whenever the row becomes PENDING again; the fencing token | run (noun) |
 * | try | one start of the job's code; counted in `tries`, given back when a worker hands its job back | attempt |
 * | status | PENDING, PROCESSING, then a terminal one: READY (video) or DONE (job), FAILED, CANCELLED | state, phase |
 * | progress | how far the attempt is, 0–100, never decreasing within it | ratio, pct |
 * | step | a named part of an attempt: index from 1, total, name, percent | stage |
 * | snapshot | the whole visible state of a job at one version; always sent whole | event, patch, payload |
 * | version | orders the snapshots of an attempt: assigned by their writer, rising, gaps allowed; snapshots compare by (attempt, version) | seq, rev, timestamp |
 * | status store | live and finished snapshots (Redis or memory): `StatusWriter`, `StatusReader`, `StatusFeed` | cache |
 * | job record | the permanent row; the truth | model, entity |
 * | tenant | the unit of isolation: part of every key, query and token (never a metric's label) | org, customer |
 * | lease, heartbeat | the time-limited right to execute, and its renewal, which is also the sign of life | lock, ping |
 * | stalled | live, but its newest snapshot is more than 45 s old; worked out by whoever looks | hung, zombie |
 * | handed back | given up by a worker that shuts down; PENDING again | released, requeued |
 * | sliding TTL | expiry renewed by each accepted write while live | cache time |
 * | reconciler | the repair loop that makes Redis and the queue say what Postgres knows; its parts: relay (outbox), sweeper (leases), loss detection | janitor, cron |
 * | announce, progress, finish | the three writes to the status store | publish, emit, update |
 * | poller, poll schedule | the client's loop; elapsed time → delay | – |
 * | watcher | whoever looks at a job: a person, a page, a client | – |
 * | backoff | growing, jittered delay after an error only | poll interval |
 * | subscription | snapshots pushed to a client (SSE, WebSocket); its callback is a listener | stream (noun, for one job) |
 * | async status store | the client's map of what it watches, read by the UI | – |
 * | progress / detail endpoint | status store only, never the database / the record from the database | status endpoint |
 */

/** The two families of jobs. A video's success is READY, a job's is DONE; their keys and endpoints differ. */
export const KINDS = ["video", "job"] as const;
export type Kind = (typeof KINDS)[number];

export function isKind(value: unknown): value is Kind {
  return value === "video" || value === "job";
}

export const LIVE_STATUSES = ["PENDING", "PROCESSING"] as const;
export const TERMINAL_STATUSES = ["READY", "DONE", "FAILED", "CANCELLED"] as const;
export type LiveStatus = (typeof LIVE_STATUSES)[number];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
export type Status = LiveStatus | TerminalStatus;

/** The version of every terminal snapshot: 2³¹ − 1, above any that a running worker assigns. */
export const FINAL_VERSION = 2_147_483_647;

const TERMINAL: readonly string[] = TERMINAL_STATUSES;
const LIVE: readonly string[] = LIVE_STATUSES;

export function isTerminal(status: Status): status is TerminalStatus {
  return TERMINAL.includes(status);
}

export function isStatus(value: unknown): value is Status {
  return typeof value === "string" && (LIVE.includes(value) || TERMINAL.includes(value));
}

/** What a kind calls success. */
export function successStatus(kind: Kind): "READY" | "DONE" {
  return kind === "video" ? "READY" : "DONE";
}
