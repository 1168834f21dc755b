import {
  countWatched,
  crashPoint,
  systemClock,
  pause,
  viewInTenant,
  type Clock,
  type DirtyView,
  type SettledView,
  type ViewErrand,
  type ViewFlushRecords,
  type ViewFlushStore,
  type ViewRef,
  type WrittenView,
} from "@statusplane/core";

export interface ViewFlusherOptions {
  readonly store: ViewFlushStore;
  readonly records: ViewFlushRecords;
  /** Whether a line per session and day is kept. Default false. */
  readonly log?: boolean;
  /** Statements of one flush; what is left then waits for the next. Default 20: 20,000 views. */
  readonly statementsPerFlush?: number;
  readonly clock?: Clock;
}

export interface ViewFlusherStatus {
  /** Views written since the start of the process. */
  readonly written: number;
  /** Age of the oldest change that was not written at the last flush, ms; 0: none. */
  readonly oldestDirtyMs: number;
  /** Views that the last flush left for the next. */
  readonly left: number;
}

/** Views of one statement. */
export const VIEWS_PER_STATEMENT = 1_000;
const STATEMENTS_PER_FLUSH = 20;
const ERRANDS_AT_ONCE = 100;

/**
 * Writes what was watched to its rows: the oldest changes of every tenant, a thousand to a statement, and after each
 * statement a pause as long as it took, so that a slow database is asked less. Repeats change nothing; whoever no longer
 * leads writes nothing. Its caller has it run once at a time.
 */
export class ViewFlusher {
  readonly #options: Required<ViewFlusherOptions>;
  /** Where the next flush begins, so that no tenant waits behind another for ever. */
  #firstTenant = 0;
  #status: ViewFlusherStatus = { written: 0, oldestDirtyMs: 0, left: 0 };

  constructor(options: ViewFlusherOptions) {
    this.#options = { log: false, statementsPerFlush: STATEMENTS_PER_FLUSH, clock: systemClock, ...options };
  }

  status(): ViewFlusherStatus {
    return this.#status;
  }

  /**
   * Writes what has changed.
   * @param owner who leads.
   * @throws {store_unavailable | database_unavailable} what was not written then stays marked.
   */
  async flush(owner: string, ended?: AbortSignal): Promise<void> {
    const { store, statementsPerFlush } = this.#options;
    const tenants = await this.#tenantsInTurn();
    const startedAtMs = await store.nowMs();
    let batch: DirtyView[] = [];
    let statements = 0;
    const write = async (): Promise<boolean> => {
      const written = await this.#write(batch, owner, ended);
      batch = [];
      statements += 1;
      return written && statements < statementsPerFlush && ended?.aborted !== true;
    };
    for (const tenant of tenants) {
      for (let isMore = true; isMore;) {
        const room = VIEWS_PER_STATEMENT - batch.length;
        const dirty = await store.readDirty(tenant, room);
        // What has changed since it was written in this flush is marked anew, and is the next one's.
        const old = dirty.filter(({ dirtySinceMs }) => dirtySinceMs <= startedAtMs);
        batch.push(...old);
        isMore = old.length === room;
        if (batch.length >= VIEWS_PER_STATEMENT && !(await write()))
          return this.#countLeft(tenants, startedAtMs);
      }
    }
    if (batch.length > 0) await write();
    await this.#countLeft(tenants, startedAtMs);
  }

  /** Does in the store what changes of rows have left to be done. @throws {store_unavailable | database_unavailable} */
  async runErrands(ended?: AbortSignal): Promise<void> {
    const { records } = this.#options;
    for (;;) {
      const errands = await records.takeErrands(ERRANDS_AT_ONCE);
      for (const errand of errands) await this.#run(errand);
      await records.settleErrands(errands.map(({ id }) => id));
      if (errands.length < ERRANDS_AT_ONCE || ended?.aborted === true) return;
    }
  }

  async #run(errand: ViewErrand): Promise<void> {
    const { store } = this.#options;
    const { tenant, video, viewer, videos, policy } = errand;
    if (policy === null) return store.erase(tenant, { video, viewer, videos });
    await store.putPolicy(tenant, video, policy);
    await this.#decideAnew(errand);
  }

  async #decideAnew(errand: ViewErrand): Promise<void> {
    const { store, records } = this.#options;
    for (let decided = VIEWS_PER_STATEMENT; decided === VIEWS_PER_STATEMENT;) {
      const views = await records.decideAnew(errand, VIEWS_PER_STATEMENT);
      decided = views.length;
      await store.settle(
        errand.tenant,
        views.map((view) => ({ ...view, mark: null })),
      );
    }
  }

  /** @returns whether whoever writes still leads, as far as the answer says. */
  async #write(batch: readonly DirtyView[], owner: string, ended?: AbortSignal): Promise<boolean> {
    const { store, records, log, clock } = this.#options;
    const beganAtMs = clock.nowMs();
    crashPoint("flush.before-write");
    const written = await records.flush(batch, { owner, log });
    crashPoint("flush.after-write");
    const tookMs = clock.nowMs() - beganAtMs;
    await this.#giveBack(batch, written);
    const marks = new Map(batch.map(({ ref, mark }) => [keyOf(ref), mark]));
    const byTenant = new Map<string, SettledView[]>();
    for (const { ref, attendedAtMs } of written) {
      const settled = byTenant.get(ref.tenant) ?? [];
      settled.push({ ref, mark: marks.get(keyOf(ref)) ?? null, attendedAtMs });
      byTenant.set(ref.tenant, settled);
    }
    for (const [tenant, settled] of byTenant) await store.settle(tenant, settled);
    crashPoint("flush.after-settle");
    this.#status = { ...this.#status, written: this.#status.written + written.length };
    if (ended?.aborted !== true) await pause(clock, tookMs, ended ?? new AbortController().signal);
    return written.length > 0;
  }

  /** What rows have and the store does not, for it has lost data since they were written, it gets again. */
  async #giveBack(batch: readonly DirtyView[], written: readonly WrittenView[]): Promise<void> {
    const { store, records } = this.#options;
    const had = new Map(batch.map(({ ref, watched }) => [keyOf(ref), countWatched(watched)]));
    const refs = written
      .filter(({ ref, watchedSeconds }) => watchedSeconds > (had.get(keyOf(ref)) ?? watchedSeconds))
      .map(({ ref }) => ref);
    if (refs.length === 0) return;
    const recorded = await records.find(refs);
    await store.load(refs.map((ref, i) => ({ ref, recorded: recorded[i] ?? null })));
  }

  async #tenantsInTurn(): Promise<readonly string[]> {
    const tenants = await this.#options.store.readDirtyTenants();
    if (tenants.length === 0) return tenants;
    this.#firstTenant = (this.#firstTenant + 1) % tenants.length;
    return [...tenants.slice(this.#firstTenant), ...tenants.slice(0, this.#firstTenant)];
  }

  async #countLeft(tenants: readonly string[], startedAtMs: number): Promise<void> {
    const { store } = this.#options;
    const oldest = await Promise.all(tenants.map(async (tenant) => store.readDirtyCount(tenant)));
    const sinceMs = oldest.flatMap(({ oldestAtMs }) => (oldestAtMs === null ? [] : [oldestAtMs]));
    this.#status = {
      written: this.#status.written,
      left: oldest.reduce((sum, { count }) => sum + count, 0),
      oldestDirtyMs: sinceMs.length === 0 ? 0 : Math.max(0, startedAtMs - Math.min(...sinceMs)),
    };
  }
}

function keyOf(ref: ViewRef): string {
  return `${ref.tenant}:${viewInTenant(ref)}`;
}
