import { getPollInterval } from "@statusplane/core";
import { readLiveList, type LiveList } from "@statusplane/core/wire";
import type { ClientError } from "./client-error.ts";
import { jobTypesOf } from "./job-types.ts";
import type { Sender } from "./sender.ts";
import { Waiting } from "./waiting.ts";
import type { WatchTable } from "./watch-table.ts";
import { isEnded, watchKey, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** The tenant's live jobs and its last ends, as last told. */
export interface ActiveList {
  /** The live ones first, then those that have ended, the newest first. */
  readonly refs: readonly WatchRef[];
  /** How many live jobs there are beyond these. */
  readonly more: number;
  /** Until the first answer. */
  readonly isLoading: boolean;
  /** Why the list has not been told, or is not told any more; it is asked again with backoff. */
  readonly error: ClientError | null;
}

const NOTHING_YET: ActiveList = { refs: [], more: 0, isLoading: true, error: null };
const NOTHING_LISTED: LiveList = { live: [], ended: [], more: 0, waiting: new Map() };

/**
 * The live list of a page that wants it. Every job that it names is watched while somebody wants the list: a live one
 * is told with the list, and one that left it is asked for by name, which finds its end.
 */
export class ActiveJobs {
  readonly #table: WatchTable;
  readonly #sender: Sender;
  readonly #onWanted: () => void;
  readonly #waiting = new Waiting();
  readonly #keeps = new Map<string, () => void>();
  /** Which end of each job was asked for: another time is another end. */
  #ends = new Map<string, number>();
  #watchers = 0;
  #list = NOTHING_LISTED;
  #liveKeys: ReadonlySet<string> = new Set();
  #state = NOTHING_YET;
  #sinceMs = 0;

  /** `onWanted` is called when somebody begins, or nobody goes on, to want the list. */
  constructor(table: WatchTable, sender: Sender, onWanted: () => void) {
    this.#table = table;
    this.#sender = sender;
    this.#onWanted = onWanted;
    table.subscribe(() => this.#waiting.noteRunning(table.snapshot.values()));
  }

  /** What a body tells of the tenant's lists; null for one that tells nothing. */
  read(body: unknown): LiveList | null {
    return readLiveList(body);
  }

  /** Job types that no worker can run now → the reason's code; the same object while nothing changed. */
  get waiting(): Readonly<Record<string, string>> {
    return this.#waiting.current;
  }

  get isWanted(): boolean {
    return this.#watchers > 0;
  }

  /** The same object while nothing changed. */
  get state(): ActiveList {
    return this.#state;
  }

  get live(): readonly WatchRef[] {
    return this.#list.live;
  }

  /** Whether the list tells of the job. */
  lists(ref: WatchRef): boolean {
    return this.#liveKeys.has(watchKey(ref));
  }

  /** How long the list can wait for its next poll: as a job that is watched since the list last changed. */
  get intervalMs(): number {
    return getPollInterval((this.#now() - this.#sinceMs) / 1_000);
  }

  /** Wants the list until the answer is called. */
  watch(): () => void {
    let isWatching = true;
    this.#watchers += 1;
    if (this.#watchers === 1) {
      this.#sinceMs = this.#now();
      this.#onWanted();
    }
    return () => {
      if (!isWatching) return;
      isWatching = false;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#forget();
    };
  }

  /** Takes a list. @returns whether it names, or leaves out, what is now to be asked for by name. */
  take(list: LiveList): boolean {
    this.#waiting.replace(Object.fromEntries(list.waiting));
    if (list.waiting.size > 0) this.#learnJobTypes();
    if (!this.isWanted) return false;
    const askedFor = this.#toBeAsked();
    const liveKeys = new Set(list.live.map(watchKey));
    if (!isSame(liveKeys, this.#liveKeys)) this.#sinceMs = this.#now();
    const left = this.#leftBy(list);
    this.#list = list;
    this.#liveKeys = liveKeys;
    const refs = new Map(
      [...list.live, ...left, ...list.ended.map(({ ref }) => ref)].map((ref) => [watchKey(ref), ref]),
    );
    for (const [key, ref] of refs) {
      if (!this.#keeps.has(key)) this.#keeps.set(key, this.#table.keep(ref));
    }
    for (const [key, end] of this.#keeps) {
      if (refs.has(key)) continue;
      this.#keeps.delete(key);
      end();
    }
    this.#askForEnds(list);
    this.#become({ refs: [...refs.values()], more: list.more, isLoading: false, error: null });
    return [...this.#toBeAsked()].some((key) => !askedFor.has(key));
  }

  /** Without them a running video does not end its type's wait before the next list. */
  #learnJobTypes(): void {
    jobTypesOf(this.#sender).then(
      (jobTypes) => this.#waiting.learn(jobTypes),
      () => undefined, // asked again with the next list
    );
  }

  #now(): number {
    return this.#sender.environment.now();
  }

  fail(error: ClientError): void {
    if (this.isWanted) this.#become({ ...this.#state, error });
  }

  close(): void {
    this.#watchers = 0;
    this.#forget();
  }

  /**
   * Jobs that neither list names any more: shown until their end is told, and on where the end was never listed. One
   * whose end was listed is now too old, or removed.
   */
  #leftBy(list: LiveList): readonly WatchRef[] {
    const listed = new Set([...this.#list.ended, ...list.ended].map(({ ref }) => watchKey(ref)));
    return this.#state.refs.filter(
      (ref) => !listed.has(watchKey(ref)) && this.#table.state(ref)?.job.gone !== true,
    );
  }

  /** What it names and does not tell of, and what it told of until now. */
  #toBeAsked(): ReadonlySet<string> {
    const polled = this.#table.polled().map(({ job }) => watchKey(job.ref));
    return new Set(polled.filter((key) => this.#keeps.has(key) && !this.#liveKeys.has(key)));
  }

  #askForEnds({ ended }: LiveList): void {
    const ends = new Map(ended.map(({ ref, endedAtMs }) => [watchKey(ref), endedAtMs]));
    const unknown = ended.filter(({ ref, endedAtMs }) => {
      const job = this.#table.state(ref)?.job;
      const isKnown = this.#ends.get(watchKey(ref)) === endedAtMs || endOf(job) === endedAtMs;
      return !isKnown && job !== undefined && isEnded(job);
    });
    this.#ends = ends;
    const atMs = this.#now();
    this.#table.apply(unknown.map(({ ref }) => [ref, { type: "watched", atMs }]));
  }

  #forget(): void {
    for (const end of this.#keeps.values()) end();
    this.#keeps.clear();
    this.#ends.clear();
    this.#list = NOTHING_LISTED;
    this.#liveKeys = new Set();
    this.#state = NOTHING_YET;
    this.#onWanted();
  }

  #become(state: ActiveList): void {
    const { refs, more, error, isLoading } = this.#state;
    const isUnchanged =
      more === state.more &&
      error === state.error &&
      isLoading === state.isLoading &&
      refs.length === state.refs.length &&
      refs.every((ref, i) => watchKey(ref) === keyOf(state.refs[i]));
    if (isUnchanged) return;
    this.#state = state;
    this.#table.tell();
  }
}

/**
 * How many waiting jobs of the same type stand before a waiting one, by the order in which they were submitted.
 * Undefined: the job does not wait for its turn, or there are more live jobs than the list tells.
 *
 * @example
 * const { jobs, more } = useActiveJobs();
 * const ahead = more === 0 && jobs[0] ? jobsAhead(jobs[0], jobs) : undefined;
 */
export function jobsAhead(job: WatchedJob, all: readonly WatchedJob[]): number | undefined {
  if (!isWaiting(job)) return undefined;
  return all.filter(
    (other) =>
      isWaiting(other) &&
      other.ref.kind === job.ref.kind &&
      other.jobType === job.jobType &&
      isEarlier(other.ref.id, job.ref.id),
  ).length;
}

function isWaiting({ status, nextTry }: WatchedJob): boolean {
  return status === "PENDING" && nextTry === undefined;
}

/** Videos are numbered; the ids of other jobs begin with the time of their submission. */
function isEarlier(one: string, other: string): boolean {
  const [a, b] = [Number(one), Number(other)];
  return Number.isInteger(a) && Number.isInteger(b) ? a < b : one < other;
}

/** When a job has ended, as the list tells it: the time of its last snapshot. */
function endOf(job: WatchedJob | undefined): number | null {
  return job?.updatedAt == null || !isEnded(job) ? null : Date.parse(job.updatedAt);
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((key) => other.has(key));
}

function keyOf(ref: WatchRef | undefined): string | undefined {
  return ref && watchKey(ref);
}
