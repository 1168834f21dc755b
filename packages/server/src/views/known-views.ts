import {
  evaluateView,
  isId,
  jobRef,
  StatusplaneError,
  viewInTenant,
  viewRef,
  type HoldingPolicy,
  type RecordedView,
  type StatusReader,
  type Viewer,
  type ViewRecords,
  type ViewRef,
  type ViewState,
  type ViewStore,
} from "@statusplane/core";
import type { RefusalReason, ViewBody } from "@statusplane/core/wire";
import type { DetailReads } from "../detail/index.ts";
import { lengthsOf, viewBody, wholeLength } from "./reports/index.ts";

export interface KnownViewsOptions {
  readonly views: ViewStore;
  readonly records: Pick<ViewRecords, "find" | "findPolicies">;
  readonly reader: Pick<StatusReader, "readMany">;
  /** Brings a video's snapshot back where the status store lost it. */
  readonly details: Pick<DetailReads, "find">;
}

/** What of a viewer's views is told. */
export interface AskedViews {
  readonly tenant: string;
  readonly viewer: Viewer;
  readonly videos: readonly string[];
  /** Whether the watched ranges are told, too. */
  readonly withSeen: boolean;
}

/**
 * Views as the status store has them. What it does not know is read from its row by one statement, for all who ask for it
 * at the time, and put in, so that nobody asks again.
 */
export class KnownViews {
  readonly #options: KnownViewsOptions;
  readonly #loading = new Map<string, Promise<void>>();

  constructor(options: KnownViewsOptions) {
    this.#options = options;
  }

  /** @throws {store_unavailable | database_unavailable | detail_budget_spent} */
  async bodies({ tenant, viewer, videos, withSeen }: AskedViews): Promise<readonly ViewBody[]> {
    const refs = videos.map((video) => viewRef(tenant, video, viewer.viewer));
    const [lengths, holding, states] = await Promise.all([
      this.#lengths(tenant, videos),
      this.policies(tenant, videos),
      this.#states(refs),
    ]);
    const seen = await Promise.all(
      refs.map(async (ref) => (withSeen ? ((await this.#options.views.readWatched(ref)) ?? NOTHING) : null)),
    );
    const nowMs = Date.now();
    return refs.map((ref, i) => {
      const { policy } = holding[i] ?? missing();
      const lengthSeconds = lengths[i] ?? 0;
      return viewBody({
        ...{ ref, state: states[i] ?? null, watched: seen[i] ?? null, lengthSeconds, policy, viewer, nowMs },
      });
    });
  }

  /** What holds for each video. */
  async policies(tenant: string, videos: readonly string[]): Promise<readonly HoldingPolicy[]> {
    const { views, records } = this.#options;
    const known = await views.readPolicies(tenant, videos);
    if (known !== null) return known;
    await this.#once(`policies of ${tenant}`, async () =>
      views.loadPolicies(tenant, await records.findPolicies(tenant)),
    );
    return (await views.readPolicies(tenant, videos)) ?? missing();
  }

  /** Why this viewer may not play a video that is ready; null: it may be played. No statement where the policies are known. */
  async refusal(tenant: string, video: string, viewer: Viewer): Promise<RefusalReason | null> {
    const [holding = missing()] = await this.policies(tenant, [video]);
    const ready = { lengthSeconds: 1, watchedSeconds: 0, positionSeconds: null };
    return evaluateView({ ...ready, attendedAtMs: null, firstUnwatched: null }, holding.policy, {
      ...{ viewer, nowMs: Date.now() },
    }).reason;
  }

  async #lengths(tenant: string, videos: readonly string[]): Promise<readonly (number | null)[]> {
    const { reader, details } = this.#options;
    const lengths = await lengthsOf(reader, tenant, videos);
    const lost = videos.filter((_, i) => lengths[i] === null);
    if (lost.length === 0) return lengths;
    const rows = await Promise.all(lost.map((video) => details.find(jobRef(tenant, "video", video))));
    const found = new Map(lost.map((video, i) => [video, durationOf(rows[i]?.result ?? null)]));
    return videos.map((video, i) => lengths[i] ?? found.get(video) ?? null);
  }

  async #states(refs: readonly ViewRef[]): Promise<readonly (ViewState | null)[]> {
    const { views, records } = this.#options;
    const known = await views.read(refs);
    const unknown = refs.filter((_, i) => known[i] === null);
    if (unknown.length === 0) return known;
    const key = unknown.map((ref) => `${ref.tenant}:${viewInTenant(ref)}`).join(" ");
    await this.#once(key, async () => {
      const recorded: readonly (RecordedView | null)[] = await records.find(unknown);
      await views.load(unknown.map((ref, i) => ({ ref, recorded: recorded[i] ?? null })));
    });
    return views.read(refs);
  }

  /** One load for all who ask for the same at the time. */
  #once(key: string, load: () => Promise<void>): Promise<void> {
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) return underWay;
    const loading = load().finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }
}

const NOTHING = new Uint8Array(0);

/** What was put in a moment ago is not there: the store lost it at once, or it is another one each time. */
function missing(): never {
  throw new StatusplaneError("store_unavailable", { retryAfterSeconds: 1 });
}

function durationOf(result: unknown): number {
  const value = (result as { readonly value?: { readonly duration?: unknown } } | null)?.value;
  return wholeLength(value?.duration);
}

/** The video that an address names. @throws {record_not_found} for a malformed id, too. */
export function videoOf(params: unknown): string {
  const { id } = params as { readonly id?: string };
  if (!isId(id)) throw new StatusplaneError("record_not_found");
  return id;
}
