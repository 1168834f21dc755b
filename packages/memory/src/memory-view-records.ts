import {
  countWatched,
  holdingPolicy,
  mergeWatched,
  neededSeconds,
  viewInTenant,
  type FullView,
  type KeptPolicy,
  type RecordedView,
  type ViewErrand,
  type ViewFlushRecords,
  type ViewRecords,
  type ViewRef,
} from "@statusplane/core";
import type { PolicyBody } from "@statusplane/core/wire";

/** A view as its row has it, with what decides. */
type Row = Omit<FullView, "watchedSeconds" | "knownSinceMs" | "sessions">;

interface Errand extends Omit<ViewErrand, "policy"> {
  readonly isPolicy: boolean;
  readonly madeAtMs: number;
  decided: number;
  /** Null: it is to be done. */
  doneAtMs: number | null;
}

const DAY_MS = 86_400_000;

/**
 * Rows of views that do what the statements of Postgres do, by the same contract suite, and keep nothing beyond the process:
 * for tests, never for what must not be lost. They keep no lines of sessions.
 */
export class MemoryViewRecords implements ViewRecords, ViewFlushRecords {
  /** Who leads; nobody else's flush is written. */
  leader: string | null = null;
  readonly #now: () => number;
  /** By tenant, then by video and viewer. */
  readonly #rows = new Map<string, Map<string, Row>>();
  /** By tenant, then by video; "": the tenant's own. */
  readonly #policies = new Map<string, Map<string, KeptPolicy>>();
  readonly #errands: Errand[] = [];
  #revision = 0;

  /** @param now Unix ms. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async find(refs: readonly ViewRef[]): Promise<readonly (RecordedView | null)[]> {
    return refs.map((ref) => this.#rows.get(ref.tenant)?.get(viewInTenant(ref)) ?? null);
  }

  async findPolicies(tenant: string): ReturnType<ViewRecords["findPolicies"]> {
    const videos = new Map(this.#policies.get(tenant));
    const own = videos.get("") ?? null;
    videos.delete("");
    return { tenant: own, videos };
  }

  async putPolicy(tenant: string, video: string | null, policy: PolicyBody | null): Promise<number> {
    this.#revision += 1;
    const kept = this.#policies.get(tenant) ?? new Map<string, KeptPolicy>();
    this.#policies.set(tenant, kept.set(video ?? "", { policy, revision: this.#revision }));
    this.#leave({ tenant, video, viewer: null, videos: [], isPolicy: true });
    return this.#revision;
  }

  async countAffected(
    tenant: string,
    video: string | null,
    attendedPercent: number,
  ): ReturnType<ViewRecords["countAffected"]> {
    const own = this.#policies.get(tenant);
    const views = this.#of(tenant, video).filter(
      ({ ref }) => video !== null || (own?.get(ref.video)?.policy ?? null) === null,
    );
    const wouldAttend = views.filter(
      (row) => row.attendedAtMs === null && hasSeen(row, attendedPercent),
    ).length;
    return { wouldAttend, views: views.length };
  }

  async findDecision(tenant: string, video: string | null): ReturnType<ViewRecords["findDecision"]> {
    const found = this.#errands.findLast(
      (errand) => errand.isPolicy && errand.tenant === tenant && errand.video === video,
    );
    return found === undefined ? null : { decided: found.decided, doneAtMs: found.doneAtMs };
  }

  async eraseViewer(tenant: string, viewer: string): Promise<void> {
    const gone = this.#of(tenant, null).filter(({ ref }) => ref.viewer === viewer);
    for (const { ref } of gone) this.#rows.get(tenant)?.delete(viewInTenant(ref));
    this.#leave({ tenant, video: null, viewer, videos: gone.map(({ ref }) => ref.video), isPolicy: false });
  }

  async flush(
    views: readonly FullView[],
    { owner }: { readonly owner: string },
  ): ReturnType<ViewFlushRecords["flush"]> {
    if (owner !== this.leader) return [];
    return views
      .filter((view) => !this.#isErased(view))
      .map((view) => {
        const row = this.#merged(view);
        const rows = this.#rows.get(view.ref.tenant) ?? new Map<string, Row>();
        this.#rows.set(view.ref.tenant, rows.set(viewInTenant(view.ref), row));
        const { ref, attendedAtMs, watched } = row;
        return { ref, attendedAtMs, watchedSeconds: countWatched(watched) };
      });
  }

  async takeErrands(limit: number): Promise<readonly ViewErrand[]> {
    return this.#errands
      .filter(({ doneAtMs }) => doneAtMs === null)
      .slice(0, limit)
      .map(({ id, tenant, video, viewer, videos, isPolicy }) => {
        const kept = this.#policies.get(tenant)?.get(video ?? "") ?? { policy: null, revision: 0 };
        return { id, tenant, video, viewer, videos, policy: isPolicy ? kept : null };
      });
  }

  async settleErrands(ids: readonly number[]): Promise<void> {
    for (const errand of this.#errands) if (ids.includes(errand.id)) errand.doneAtMs = this.#now();
  }

  async decideAnew(
    { id, tenant, video }: Pick<ViewErrand, "id" | "tenant" | "video">,
    limit: number,
  ): ReturnType<ViewFlushRecords["decideAnew"]> {
    const all = this.#of(tenant, video).filter((row) => row.attendedAtMs === null && this.#decides(row));
    const due = all.slice(0, limit);
    for (const errand of this.#errands) if (errand.id === id) errand.decided += due.length;
    return due.map((row) => {
      const attendedAtMs = this.#now();
      this.#rows.get(tenant)?.set(viewInTenant(row.ref), { ...row, attendedAtMs });
      return { ref: row.ref, attendedAtMs };
    });
  }

  async removeOld(olderThanDays: number, limit: number): Promise<number> {
    const beforeMs = this.#now() - olderThanDays * DAY_MS;
    const old = [...this.#rows.keys()]
      .flatMap((tenant) => this.#of(tenant, null))
      .filter(({ seenAtMs }) => seenAtMs !== null && seenAtMs < beforeMs)
      .slice(0, limit);
    for (const { ref } of old) this.#rows.get(ref.tenant)?.delete(viewInTenant(ref));
    return old.length;
  }

  /** @param video null: of all. */
  #of(tenant: string, video: string | null): Row[] {
    const rows = [...(this.#rows.get(tenant)?.values() ?? [])];
    return video === null ? rows : rows.filter(({ ref }) => ref.video === video);
  }

  #leave(errand: Omit<Errand, "id" | "madeAtMs" | "decided" | "doneAtMs">): void {
    const [id, madeAtMs] = [this.#errands.length + 1, this.#now()];
    this.#errands.push({ ...errand, id, madeAtMs, decided: 0, doneAtMs: null });
  }

  #isErased({ ref, knownSinceMs }: FullView): boolean {
    return this.#errands.some(
      (gone) =>
        !gone.isPolicy &&
        gone.tenant === ref.tenant &&
        gone.madeAtMs > knownSinceMs &&
        (gone.video ?? ref.video) === ref.video &&
        (gone.viewer ?? ref.viewer) === ref.viewer,
    );
  }

  #merged(given: FullView): Row {
    const held = this.#rows.get(given.ref.tenant)?.get(viewInTenant(given.ref));
    const row = mergedRow(held ?? { ...given, attendedAtMs: null }, given);
    if (row.attendedAtMs !== null) return row;
    return this.#decides({ ...row, seenAtMs: given.seenAtMs }) ? { ...row, attendedAtMs: this.#now() } : row;
  }

  /** By the policy that holds: whether enough was watched in time. */
  #decides(row: Row): boolean {
    const policies = this.#policies.get(row.ref.tenant);
    const { policy } = holdingPolicy(policies?.get(row.ref.video), policies?.get(""));
    const sinceMs = row.dueAtMs ?? row.seenAtMs;
    const isInTime = policy.deadline === null || sinceMs === null || sinceMs <= Date.parse(policy.deadline);
    return isInTime && hasSeen(row, policy.attended_percent);
  }
}

function hasSeen({ watched, lengthSeconds }: Row, percent: number): boolean {
  return lengthSeconds > 0 && countWatched(watched) >= neededSeconds(lengthSeconds, percent);
}

/** What is new added to what is there: nothing is lowered, the later position counts. */
function mergedRow(held: Row, given: Row): Row {
  const isLater = !(held.seenAtMs !== null && given.seenAtMs !== null && held.seenAtMs > given.seenAtMs);
  return {
    ref: held.ref,
    watched: mergeWatched(held.watched, given.watched),
    lengthSeconds: given.lengthSeconds > 0 ? given.lengthSeconds : held.lengthSeconds,
    positionSeconds: isLater ? given.positionSeconds : held.positionSeconds,
    seenAtMs: ofBoth(Math.max, held.seenAtMs, given.seenAtMs),
    session: Math.max(held.session, given.session),
    version: given.session >= held.session ? given.version : held.version,
    dueAtMs: ofBoth(Math.min, held.dueAtMs, given.dueAtMs),
    attendedAtMs: held.attendedAtMs,
  };
}

function ofBoth(
  pick: (one: number, other: number) => number,
  one: number | null,
  other: number | null,
): number | null {
  return one === null || other === null ? (one ?? other) : pick(one, other);
}
