/** What a process of the crowd is given. */
export interface CrowdOrder {
  /** Api processes: a watcher stays with one, but for a stream, which is opened again at the next. */
  readonly urls: readonly string[];
  /** Default false: in turn. True: all begin at the first. */
  readonly startAtFirst?: boolean;
  /** How they watch, in turn. Default: all by polls. */
  readonly by?: readonly Way[];
  readonly token: string;
  /** One watcher for each: what it polls, and whose record it may ask for. */
  readonly watched: readonly Watched[];
  /** Each opens its page, and with it its connection, at a random moment within so many ms. */
  readonly openWithinMs: number;
  /** Whether the polls begin with the page, or at the first `poll now`. */
  readonly pollFrom: "open" | "told";
  /** From one poll to the next, ms: a random time between the two. */
  readonly everyMs: readonly [leastMs: number, mostMs: number];
  /**
   * `end`: as the client does it, the polls stop at the end, and after it the record is asked for once, after a random
   * 0–2 s; after a miss, too. `told`: polls until it is told to stop, and never asks for a record.
   */
  readonly until: "end" | "told";
}

/** How news comes to a watcher. */
export type Way = "poll" | "websocket" | "sse";

export interface Watched {
  /** Ids of the jobs that a stream tells. */
  readonly jobs: readonly string[];
  readonly progressPath: string;
  readonly detailPath: string;
}

/** What a process of the crowd hears. */
export type CrowdCommand =
  | { readonly command: "watch"; readonly order: CrowdOrder }
  /** Every watcher polls within so many ms, instead of when its time comes. */
  | { readonly command: "poll now"; readonly withinMs: number }
  /** What was counted so far counts no more. */
  | { readonly command: "count anew" }
  | { readonly command: "tell" }
  | { readonly command: "stop" };

/** What a process of the crowd answers to `tell` and, in the end, to `stop`. */
export interface CrowdCounts {
  /** Watchers whose page is open. */
  readonly open: number;
  /** Watchers that saw the end. */
  readonly sawEnd: number;
  /** Watchers whose request for a record is due or under way. */
  readonly asking: number;
  /** `poll 200`, `detail 429`, `poll 503 without Retry-After`, `sse snapshot`, `websocket cut`, … → how many. */
  readonly answers: Readonly<Record<string, number>>;
  /** Streams that have told everything that is watched, and are open. */
  readonly streams: number;
  /** Unix ms at which a stream that had been open was again. */
  readonly returnedAtMs: readonly number[];
  /** From the first question of a watcher until it saw the end, ms → how many; the last is that time or longer. */
  readonly sawMs: readonly number[];
  /** Answer times, ms → how many; the last is that time or longer. */
  readonly tookMs: readonly number[];
  /** Unix ms of the first and the last request for a record; null: none was made. */
  readonly details: { readonly firstAtMs: number; readonly lastAtMs: number } | null;
}

/** Times from this on are one, ms. */
export const LONGEST_MS = 60_000;
