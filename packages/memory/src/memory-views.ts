import {
  countReport,
  countWatched,
  FIRST_CREDIT_MS,
  holdingPolicy,
  LOST_CREDIT_MS,
  mergeWatched,
  videoViewKeys,
  viewInTenant,
  type CountedView,
  type CountRules,
  type DirtyView,
  type HoldingPolicy,
  type KeptPolicy,
  type RecordedView,
  type Report,
  type Reported,
  type SettledView,
  type TenantPolicies,
  type ViewerClock,
  type ViewFlushStore,
  type ViewHint,
  type ViewRef,
  type ViewState,
  type ViewStore,
} from "@statusplane/core";
import type { MemoryChannels } from "./memory-channels.ts";

/** A view as it is kept. */
interface KeptView {
  readonly ref: ViewRef;
  view: CountedView;
  attendedAtMs: number | null;
  readonly knownSinceMs: number;
  /** Null: it is clean. */
  dirtySinceMs: number | null;
  /** When a report came last, ms; null: none has. */
  heardAtMs: number | null;
  /** When it last changed, by a report, a decision or its row, ms; null: no report has come. */
  newsAtMs: number | null;
}

/** One tenant's. */
interface TenantViews {
  readonly views: Map<string, KeptView>;
  readonly clocks: Map<string, ViewerClock>;
  /** Of each viewer's grants; absent: 0. */
  readonly generations: Map<string, number>;
  /** Null: not loaded. */
  policies: { tenant: KeptPolicy; readonly videos: Map<string, KeptPolicy> } | null;
}

/** Views in this process' memory: they stay while it lives, and begin anew from their rows. */
export class MemoryViews implements ViewStore, ViewFlushStore {
  readonly #now: () => number;
  readonly #reports: MemoryChannels<ViewHint>;
  readonly #tenants = new Map<string, TenantViews>();

  /**
   * @param now Unix ms.
   * @param reports hears of each change, by the channel of the video.
   */
  constructor(now: () => number, reports: MemoryChannels<ViewHint>) {
    this.#now = now;
    this.#reports = reports;
  }

  async report(
    ref: ViewRef,
    report: Report,
    rules: CountRules & { readonly generation?: number | null },
  ): Promise<Reported> {
    const tenant = this.#of(ref.tenant);
    const kept = tenant.views.get(viewInTenant(ref));
    if (kept === undefined) return { outcome: "load" };
    const generation = tenant.generations.get(ref.viewer) ?? 0;
    if ((rules.generation ?? generation) !== generation) return { outcome: "revoked" };
    const nowMs = this.#now();
    const clock = tenant.clocks.get(ref.viewer) ?? null;
    const counted = countReport({ view: kept.view, clock }, report, { ...rules, nowMs });
    if (counted.outcome === "refused") return { outcome: "refused" };
    tenant.clocks.set(ref.viewer, counted.clock);
    kept.view = counted.view;
    kept.dirtySinceMs ??= nowMs;
    kept.heardAtMs = nowMs;
    kept.newsAtMs = nowMs;
    this.#tell(ref);
    const { outcome, countedSeconds, leftOut } = counted;
    return { outcome, countedSeconds, leftOut, state: stateOf(kept) };
  }

  async readGeneration(tenant: string, viewer: string): Promise<number> {
    return this.#of(tenant).generations.get(viewer) ?? 0;
  }

  async revokeGrants(tenant: string, viewer: string): Promise<void> {
    const { generations } = this.#of(tenant);
    generations.set(viewer, (generations.get(viewer) ?? 0) + 1);
  }

  async read(refs: readonly ViewRef[]): Promise<readonly (ViewState | null)[]> {
    return refs.map((ref) => {
      const kept = this.#find(ref);
      return kept === undefined ? null : stateOf(kept);
    });
  }

  async readWatched(ref: ViewRef): Promise<Uint8Array | null> {
    return this.#find(ref)?.view.watched ?? null;
  }

  async readPolicies(tenant: string, videos: readonly string[]): Promise<readonly HoldingPolicy[] | null> {
    const { policies } = this.#of(tenant);
    if (policies === null) return null;
    return videos.map((video) => holdingPolicy(policies.videos.get(video), policies.tenant));
  }

  async readRecent(
    tenant: string,
    video: string,
    { sinceMs, limit }: { readonly sinceMs: number; readonly limit: number },
  ): Promise<readonly { readonly ref: ViewRef; readonly atMs: number }[]> {
    return [...this.#of(tenant).views.values()]
      .flatMap(({ ref, newsAtMs }) =>
        ref.video === video && newsAtMs !== null && newsAtMs >= sinceMs ? [{ ref, atMs: newsAtMs }] : [],
      )
      .sort((one, other) => other.atMs - one.atMs)
      .slice(0, limit);
  }

  async load(
    views: readonly { readonly ref: ViewRef; readonly recorded: RecordedView | null }[],
  ): Promise<void> {
    for (const { ref, recorded } of views) {
      const kept = this.#find(ref);
      if (kept === undefined) this.#begin(ref, recorded);
      else if (recorded !== null && merge(kept, recorded)) this.#news(kept);
    }
  }

  async loadPolicies(tenant: string, { tenant: own, videos }: TenantPolicies): Promise<void> {
    const known = this.#of(tenant);
    known.policies ??= { tenant: { policy: null, revision: 0 }, videos: new Map() };
    if (own !== null) await this.putPolicy(tenant, null, own);
    for (const [video, kept] of videos) await this.putPolicy(tenant, video, kept);
  }

  async putPolicy(tenant: string, video: string | null, kept: KeptPolicy): Promise<void> {
    const { policies } = this.#of(tenant);
    if (policies === null) return;
    const present = video === null ? policies.tenant : policies.videos.get(video);
    if ((present?.revision ?? -1) > kept.revision) return;
    if (video === null) policies.tenant = kept;
    else policies.videos.set(video, kept);
  }

  async nowMs(): Promise<number> {
    return this.#now();
  }

  async readDirtyTenants(): Promise<readonly string[]> {
    return [...this.#tenants.keys()];
  }

  async readDirty(tenant: string, limit: number): Promise<readonly DirtyView[]> {
    return this.#dirty(tenant)
      .sort((one, other) => (one.dirtySinceMs ?? 0) - (other.dirtySinceMs ?? 0))
      .slice(0, limit)
      .map((kept) => ({
        ...stateOf(kept),
        watched: kept.view.watched,
        knownSinceMs: kept.knownSinceMs,
        sessions: [...kept.view.sessions.values()],
        dirtySinceMs: kept.dirtySinceMs ?? 0,
        mark: markOf(kept),
      }));
  }

  async readDirtyCount(
    tenant: string,
  ): Promise<{ readonly count: number; readonly oldestAtMs: number | null }> {
    const since = this.#dirty(tenant).map(({ dirtySinceMs }) => dirtySinceMs ?? 0);
    return { count: since.length, oldestAtMs: since.length === 0 ? null : Math.min(...since) };
  }

  async settle(_tenant: string, settled: readonly SettledView[]): Promise<void> {
    for (const { ref, mark, attendedAtMs } of settled) {
      const kept = this.#find(ref);
      if (kept === undefined) continue;
      if (markOf(kept) === mark) {
        kept.dirtySinceMs = null;
        const { session, sessions } = kept.view;
        kept.view = { ...kept.view, sessions: new Map([...sessions].filter(([each]) => each === session)) };
      } else if (mark !== null && kept.dirtySinceMs !== null) {
        kept.dirtySinceMs = this.#now();
      }
      if (attendedAtMs !== null && kept.attendedAtMs === null) {
        kept.attendedAtMs = attendedAtMs;
        this.#news(kept);
      }
    }
  }

  async erase(
    tenant: string,
    { video, viewer }: { readonly video: string | null; readonly viewer: string | null },
  ): Promise<void> {
    const { views } = this.#of(tenant);
    for (const [key, { ref }] of views) {
      if ((video ?? ref.video) !== ref.video || (viewer ?? ref.viewer) !== ref.viewer) continue;
      views.delete(key);
      this.#tell(ref, true);
    }
  }

  /** What has changed without a report has a version of its own. */
  #news(kept: KeptView): void {
    kept.view = { ...kept.view, version: kept.view.version + 1 };
    if (kept.newsAtMs !== null) kept.newsAtMs = this.#now();
    this.#tell(kept.ref);
  }

  #tell({ tenant, video, viewer }: ViewRef, isErased = false): void {
    this.#reports.publish(videoViewKeys(tenant, video).events, { viewer, isErased });
  }

  #of(tenant: string): TenantViews {
    let known = this.#tenants.get(tenant);
    if (known === undefined) {
      known = { views: new Map(), clocks: new Map(), generations: new Map(), policies: null };
      this.#tenants.set(tenant, known);
    }
    return known;
  }

  #find(ref: ViewRef): KeptView | undefined {
    return this.#of(ref.tenant).views.get(viewInTenant(ref));
  }

  #dirty(tenant: string): KeptView[] {
    return [...this.#of(tenant).views.values()].filter(({ dirtySinceMs }) => dirtySinceMs !== null);
  }

  #begin(ref: ViewRef, recorded: RecordedView | null): void {
    const { views, clocks } = this.#of(ref.tenant);
    const nowMs = this.#now();
    views.set(viewInTenant(ref), {
      ref,
      attendedAtMs: recorded?.attendedAtMs ?? null,
      knownSinceMs: nowMs,
      dirtySinceMs: null,
      heardAtMs: null,
      newsAtMs: null,
      view: {
        session: recorded === null ? 0 : recorded.session + 1,
        version: recorded?.version ?? 0,
        player: "",
        positionSeconds: recorded?.positionSeconds ?? null,
        positionAtMs: 0,
        lengthSeconds: recorded?.lengthSeconds ?? 0,
        watchedSeconds: recorded === null ? 0 : countWatched(recorded.watched),
        seenAtMs: recorded?.seenAtMs ?? null,
        dueAtMs: null,
        watched: recorded?.watched ?? new Uint8Array(0),
        sessions: new Map(),
      },
    });
    const sinceMs = nowMs - (recorded?.seenAtMs ?? 0);
    if (sinceMs >= 0 && sinceMs <= LOST_CREDIT_MS && !clocks.has(ref.viewer)) {
      clocks.set(ref.viewer, { creditMs: FIRST_CREDIT_MS + sinceMs, atMs: nowMs, players: new Map() });
    }
  }
}

/** @returns whether anything is new by it. */
function merge(kept: KeptView, { watched, attendedAtMs }: RecordedView): boolean {
  const merged = mergeWatched(kept.view.watched, watched);
  const watchedSeconds = countWatched(merged);
  const isNew =
    watchedSeconds > kept.view.watchedSeconds || (kept.attendedAtMs === null && attendedAtMs !== null);
  kept.view = { ...kept.view, watched: merged, watchedSeconds };
  kept.attendedAtMs ??= attendedAtMs;
  return isNew;
}

/** A view that was erased and began anew has had its version before. */
function markOf({ view, heardAtMs }: KeptView): string {
  return `${view.version} ${heardAtMs ?? ""}`;
}

function stateOf({ ref, view, attendedAtMs }: KeptView): ViewState {
  return {
    ref,
    session: view.session,
    version: view.version,
    positionSeconds: view.positionSeconds,
    lengthSeconds: view.lengthSeconds,
    watchedSeconds: view.watchedSeconds,
    seenAtMs: view.seenAtMs,
    dueAtMs: view.dueAtMs,
    attendedAtMs,
  };
}
