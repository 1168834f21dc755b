import {
  GRANT_LIFE_MS,
  erasureHint,
  holdingPolicy,
  LOST_CREDIT_MS,
  OWN_KEYS,
  parseViewInTenant,
  readPolicy,
  tenantViewKeys,
  videoViewKeys,
  viewerKey,
  viewerName,
  viewerOfName,
  viewInTenant,
  viewKeys,
  viewRef,
  type CountRules,
  type DirtyView,
  type HoldingPolicy,
  type KeptPolicy,
  type RecordedView,
  type Report,
  type Reported,
  type SettledView,
  type TenantPolicies,
  type ViewFlushStore,
  type ViewRef,
  type ViewState,
  type ViewStore,
} from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import type { RedisClient } from "../connections/redis-connector.ts";
import type { RedisRequests } from "../status-store/redis-requests.ts";
import { TurnBatch } from "../status-store/turn-batch.ts";
import { fullViewOf, markOf, NO_MARK, STATE, stateOf } from "./view-reply.ts";
import type { ViewScripts } from "./view-scripts.ts";

/** The tenant's own among its policies. */
const OF_TENANT = "*";
/** In a viewer's clock: which grants hold, as report.lua compares it. */
const GENERATION = "generation";
/** Views of one round trip of the flusher: none may hold Redis up. */
const VIEWS_AT_ONCE = 100;
/** A tenant without anything dirty is forgotten after so long, ms. */
const FORGET_TENANT_MS = 3_600_000;

export interface RedisViewsParts {
  readonly reads: RedisRequests<RedisClient & ViewScripts>;
  readonly writes: RedisRequests<RedisClient & ViewScripts>;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
  /** For tests: the clock, Unix ms. Default: Redis' own. */
  readonly now?: () => number;
}

interface AskedPolicies {
  readonly tenant: string;
  readonly videos: readonly string[];
}

/** Views in Redis: one script a report; all keys of a tenant's views are in one slot. */
export class RedisViews implements ViewStore, ViewFlushStore {
  readonly #parts: RedisViewsParts;
  readonly #publish: "PUBLISH" | "SPUBLISH";
  readonly #states = new TurnBatch<ViewRef, ViewState | null>({
    fetch: (refs) => this.#readStates(refs),
    maxItems: 500,
  });
  /** Many report of the same videos at once: their policies are asked for once. */
  readonly #policies = new TurnBatch<AskedPolicies, readonly HoldingPolicy[] | null>({
    fetch: (asked) => this.#readPolicies(asked),
    maxItems: 500,
  });
  /** Tenants that are reported of: said once for all reports of a moment, and before any of them is answered. */
  readonly #tenants = new TurnBatch<string, unknown>({
    fetch: (tenants) =>
      this.#parts.writes.call((client) =>
        Promise.all(tenants.map((tenant) => client.zadd(OWN_KEYS.viewTenants, Date.now(), tenant))),
      ),
    maxItems: 500,
  });

  constructor(parts: RedisViewsParts) {
    this.#parts = parts;
    this.#publish = parts.cluster ? "SPUBLISH" : "PUBLISH";
  }

  /** @throws {store_unavailable} */
  async report(
    ref: ViewRef,
    report: Report,
    rules: CountRules & { readonly generation?: number | null },
  ): Promise<Reported> {
    const { cluster, writes } = this.#parts;
    const { view, watched, clock, viewers, events } = viewKeys(ref, cluster);
    const { dirty } = tenantViewKeys(ref.tenant, cluster);
    const flag = (value: boolean): number => (value ? 1 : 0);
    // With the report, so that none is acknowledged of a tenant that nobody knows; forgotten long after it at the earliest.
    const known = this.#tenants.get(ref.tenant, ref.tenant);
    const asked = writes.call((client) =>
      client.reportView(
        ...[view, watched, clock, viewers, dirty, this.#now()],
        ...[report.player, report.agoMs, report.positionSeconds, report.speed],
        ...[flag(report.muted), flag(report.hidden), flag(report.left)],
        ...[rules.lengthSeconds, rules.maxSpeed, flag(rules.seekAhead), rules.places, rules.neededSeconds],
        ...[rules.deadlineMs ?? "", viewerName(ref.viewer), viewInTenant(ref), events, this.#publish],
        rules.generation ?? "",
        ...report.ranges.flat(),
      ),
    );
    const [reply] = await Promise.all([asked, known]); // both: where Redis goes away, neither is left without a listener
    const [outcome, counted, tooFast, beyond, ahead, ...values] = reply as readonly unknown[];
    const state = stateOf(ref, values);
    if (outcome !== "counted" || state === null)
      return { outcome: outcome === "refused" || outcome === "revoked" ? outcome : "load" };
    const leftOut = { too_fast: Number(tooFast), beyond_end: Number(beyond), ahead: Number(ahead) };
    return { outcome, countedSeconds: Number(counted), leftOut, state };
  }

  /** @throws {store_unavailable} */
  async readGeneration(tenant: string, viewer: string): Promise<number> {
    const clock = viewerKey(tenant, viewer, this.#parts.cluster);
    const [generation] = await this.#parts.writes.call((client) =>
      // a grant of now names it: it lives as long
      Promise.all([client.hget(clock, GENERATION), client.pexpire(clock, GRANT_LIFE_MS)]),
    );
    return Number(generation ?? 0);
  }

  /** @throws {store_unavailable} */
  async revokeGrants(tenant: string, viewer: string): Promise<void> {
    const clock = viewerKey(tenant, viewer, this.#parts.cluster);
    await this.#parts.writes.call((client) =>
      Promise.all([client.hincrby(clock, GENERATION, 1), client.pexpire(clock, GRANT_LIFE_MS)]),
    );
  }

  /** @throws {store_unavailable} */
  read(refs: readonly ViewRef[]): Promise<readonly (ViewState | null)[]> {
    return Promise.all(refs.map((ref) => this.#states.get(viewKeys(ref, this.#parts.cluster).view, ref)));
  }

  /** @throws {store_unavailable} */
  async readWatched(ref: ViewRef): Promise<Uint8Array | null> {
    const { view, watched } = viewKeys(ref, this.#parts.cluster);
    const [exists, bits] = await this.#parts.reads.call((client) =>
      Promise.all([client.exists(view), client.getBuffer(watched)]),
    );
    return exists === 0 ? null : new Uint8Array(bits ?? []);
  }

  /** @throws {store_unavailable} */
  readPolicies(tenant: string, videos: readonly string[]): Promise<readonly HoldingPolicy[] | null> {
    return this.#policies.get(`${tenant} ${videos.join()}`, { tenant, videos });
  }

  /** @throws {store_unavailable} */
  async readRecent(
    tenant: string,
    video: string,
    { sinceMs, limit }: { readonly sinceMs: number; readonly limit: number },
  ): Promise<readonly { readonly ref: ViewRef; readonly atMs: number }[]> {
    const { viewers } = videoViewKeys(tenant, video, this.#parts.cluster);
    const flat = await this.#parts.reads.call((client) =>
      client.zrevrangebyscore(viewers, "+inf", String(sinceMs), "WITHSCORES", "LIMIT", 0, limit),
    );
    return pairs(flat).map(([name, score]) => ({
      ref: viewRef(tenant, video, viewerOfName(name)),
      atMs: Number(score),
    }));
  }

  /** @throws {store_unavailable} */
  async load(
    views: readonly { readonly ref: ViewRef; readonly recorded: RecordedView | null }[],
  ): Promise<void> {
    const { cluster, writes, settings } = this.#parts;
    await writes.call((client) =>
      Promise.all(
        views.map(({ ref, recorded }) => {
          const { view, watched, clock, viewers, events } = viewKeys(ref, cluster);
          return client.loadView(
            ...[view, watched, clock, viewers, this.#now()],
            ...[recorded === null ? 0 : recorded.session + 1, recorded?.version ?? 0],
            ...[recorded?.positionSeconds ?? "", recorded?.lengthSeconds ?? 0],
            ...[recorded?.seenAtMs ?? "", recorded?.attendedAtMs ?? "", Buffer.from(recorded?.watched ?? [])],
            ...[settings.timings.viewTtlSeconds, LOST_CREDIT_MS],
            ...[viewerName(ref.viewer), events, this.#publish],
          );
        }),
      ),
    );
  }

  /** @throws {store_unavailable} */
  async loadPolicies(tenant: string, { tenant: own, videos }: TenantPolicies): Promise<void> {
    const all = [[OF_TENANT, own ?? { policy: null, revision: 0 }] as const, ...videos];
    await this.#putPolicies(tenant, "all", all);
  }

  /** @throws {store_unavailable} */
  async putPolicy(tenant: string, video: string | null, kept: KeptPolicy): Promise<void> {
    await this.#putPolicies(tenant, "some", [[video ?? OF_TENANT, kept]]);
  }

  /** @throws {store_unavailable} */
  async nowMs(): Promise<number> {
    const { now, reads } = this.#parts;
    if (now !== undefined) return now();
    const [seconds, micros] = await reads.call((client) => client.time());
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  /** @throws {store_unavailable} */
  async readDirtyTenants(): Promise<readonly string[]> {
    const before = Date.now() - FORGET_TENANT_MS;
    const flat = await this.#parts.reads.call((client) =>
      client.zrange(OWN_KEYS.viewTenants, "0", "-1", "WITHSCORES"),
    );
    const tenants = pairs(flat);
    const idle = tenants.filter(([, score]) => Number(score) < before).map(([tenant]) => tenant);
    const dirty = await Promise.all(
      idle.map(async (tenant) => (await this.readDirtyCount(tenant)).count > 0),
    );
    const gone = new Set(idle.filter((_, i) => dirty[i] !== true));
    if (gone.size > 0) await this.#parts.writes.call((client) => client.zrem(OWN_KEYS.viewTenants, ...gone));
    return tenants.flatMap(([tenant]) => (gone.has(tenant) ? [] : [tenant]));
  }

  /** @throws {store_unavailable} */
  async readDirtyCount(
    tenant: string,
  ): Promise<{ readonly count: number; readonly oldestAtMs: number | null }> {
    const { dirty } = tenantViewKeys(tenant, this.#parts.cluster);
    const [count, first] = await this.#parts.reads.call((client) =>
      Promise.all([client.zcard(dirty), client.zrange(dirty, "0", "0", "WITHSCORES")]),
    );
    const oldest = first[1];
    return { count, oldestAtMs: oldest === undefined ? null : Number(oldest) };
  }

  /** @throws {store_unavailable} */
  async readDirty(tenant: string, limit: number): Promise<readonly DirtyView[]> {
    const { cluster, reads } = this.#parts;
    const { dirty } = tenantViewKeys(tenant, cluster);
    const flat = await reads.call((client) => client.zrange(dirty, "0", String(limit - 1), "WITHSCORES"));
    const found: DirtyView[] = [];
    const members = pairs(flat);
    for (let from = 0; from < members.length; from += VIEWS_AT_ONCE) {
      const some = members.slice(from, from + VIEWS_AT_ONCE);
      found.push(...(await this.#readFull(tenant, some)));
    }
    return found;
  }

  /** @throws {store_unavailable} */
  async settle(tenant: string, settled: readonly SettledView[]): Promise<void> {
    const { cluster, writes, settings } = this.#parts;
    const { dirty } = tenantViewKeys(tenant, cluster);
    for (let from = 0; from < settled.length; from += VIEWS_AT_ONCE) {
      const some = settled.slice(from, from + VIEWS_AT_ONCE);
      const keys = some.flatMap(({ ref }) => {
        const { view, watched, viewers } = viewKeys(ref, cluster);
        return [view, watched, viewers];
      });
      const values = some.flatMap(({ ref, mark, attendedAtMs }) => [
        ...[viewInTenant(ref), mark ?? "", attendedAtMs ?? ""],
        ...[viewKeys(ref, cluster).events, viewerName(ref.viewer)],
      ]);
      await writes.call((client) =>
        client.settleViews(
          ...[1 + keys.length, dirty, ...keys],
          ...[settings.timings.viewTtlSeconds, this.#publish, this.#now(), ...values],
        ),
      );
    }
    await this.#forgetOldViewers(tenant, settled);
  }

  /** @throws {store_unavailable} */
  async erase(
    tenant: string,
    what: {
      readonly video: string | null;
      readonly viewer: string | null;
      readonly videos: readonly string[];
    },
  ): Promise<void> {
    const refs = await this.#erased(tenant, what);
    const { cluster, writes } = this.#parts;
    const { dirty } = tenantViewKeys(tenant, cluster);
    for (let from = 0; from < refs.length; from += VIEWS_AT_ONCE) {
      await writes.call((client) =>
        Promise.all(
          refs.slice(from, from + VIEWS_AT_ONCE).flatMap((ref) => {
            const { view, watched, viewers, events } = viewKeys(ref, cluster);
            const erased = erasureHint(ref.viewer);
            return [
              client.del(view, watched),
              client.zrem(dirty, viewInTenant(ref)),
              client.zrem(viewers, viewerName(ref.viewer)),
              cluster ? client.spublish(events, erased) : client.publish(events, erased), // after it is gone
            ];
          }),
        ),
      );
    }
  }

  async #erased(
    tenant: string,
    {
      video,
      viewer,
      videos,
    }: { readonly video: string | null; readonly viewer: string | null; readonly videos: readonly string[] },
  ): Promise<readonly ViewRef[]> {
    const { cluster, reads } = this.#parts;
    if (video !== null && viewer !== null) return [viewRef(tenant, video, viewer)];
    if (video !== null) {
      const { viewers } = videoViewKeys(tenant, video, cluster);
      const names = await reads.call((client) => client.zrange(viewers, "0", "-1"));
      return names.map((name) => viewRef(tenant, video, viewerOfName(name)));
    }
    if (viewer === null) return [];
    const { dirty } = tenantViewKeys(tenant, cluster);
    const members = await reads.call((client) => client.zrange(dirty, "0", "-1"));
    const own = members
      .map((member) => parseViewInTenant(tenant, member))
      .filter((ref) => ref !== null && ref.viewer === viewer)
      .map((ref) => ref?.video ?? "");
    return [...new Set([...videos, ...own])].map((each) => viewRef(tenant, each, viewer));
  }

  async #readPolicies(
    asked: readonly AskedPolicies[],
  ): Promise<readonly (readonly HoldingPolicy[] | null)[]> {
    const { cluster, reads } = this.#parts;
    const replies = await reads.call((client) =>
      Promise.all(
        asked.map(({ tenant, videos }) =>
          client.hmget(tenantViewKeys(tenant, cluster).policies, OF_TENANT, ...videos),
        ),
      ),
    );
    return replies.map(([own = null, ...texts]) =>
      own === null ? null : texts.map((text) => holdingPolicy(keptPolicy(text), keptPolicy(own))),
    );
  }

  async #readStates(refs: readonly ViewRef[]): Promise<(ViewState | null)[]> {
    const { cluster, reads } = this.#parts;
    const replies = await reads.call((client) =>
      Promise.all(refs.map((ref) => client.hmget(viewKeys(ref, cluster).view, ...STATE))),
    );
    return refs.map((ref, i) => stateOf(ref, replies[i] ?? []));
  }

  async #readFull(tenant: string, members: readonly (readonly [string, string])[]): Promise<DirtyView[]> {
    const { cluster, reads } = this.#parts;
    const known = members.flatMap(([member, score]) => {
      const ref = parseViewInTenant(tenant, member);
      return ref === null ? [] : [{ ref, dirtySinceMs: Number(score), member }];
    });
    const replies = await reads.call((client) =>
      Promise.all(
        known.map(async ({ ref }) => {
          const { view, watched } = viewKeys(ref, cluster);
          return Promise.all([client.hgetall(view), client.getBuffer(watched)]);
        }),
      ),
    );
    const found: DirtyView[] = [];
    const gone: SettledView[] = [];
    for (const [i, { ref, dirtySinceMs }] of known.entries()) {
      const [hash = {}, bits = null] = replies[i] ?? [];
      const view = fullViewOf(ref, hash, new Uint8Array(bits ?? []));
      if (view === null) gone.push({ ref, mark: NO_MARK, attendedAtMs: null });
      else found.push({ ...view, dirtySinceMs, mark: markOf(hash) });
    }
    // What is marked and not there was erased, or evicted: its next report marks it anew.
    if (gone.length > 0) await this.settle(tenant, gone);
    return found;
  }

  /** The list of a video's viewers holds those whose views are here, and lives no longer than they do. */
  async #forgetOldViewers(tenant: string, settled: readonly SettledView[]): Promise<void> {
    const { cluster, writes, settings, now = Date.now } = this.#parts;
    const { viewTtlSeconds } = settings.timings;
    const before = now() - viewTtlSeconds * 1_000;
    const videos = [...new Set(settled.map(({ ref }) => ref.video))];
    await writes.call((client) =>
      Promise.all(
        videos.flatMap((video) => {
          const { viewers } = videoViewKeys(tenant, video, cluster);
          return [client.zremrangebyscore(viewers, "-inf", before), client.expire(viewers, viewTtlSeconds)];
        }),
      ),
    );
  }

  async #putPolicies(
    tenant: string,
    which: "all" | "some",
    policies: readonly (readonly [string, KeptPolicy])[],
  ): Promise<void> {
    const { policies: key } = tenantViewKeys(tenant, this.#parts.cluster);
    const values = policies.flatMap(([field, { revision, policy }]) => [
      field,
      revision,
      JSON.stringify(policy),
    ]);
    await this.#parts.writes.call((client) => client.putPolicies(key, which, ...values));
  }

  #now(): number | "" {
    return this.#parts.now?.() ?? "";
  }
}

function keptPolicy(text: string | null): KeptPolicy | null {
  if (text === null) return null;
  const blank = text.indexOf(" ");
  return { revision: Number(text.slice(0, blank)), policy: readPolicy(JSON.parse(text.slice(blank + 1))) };
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) found.push([flat[i] ?? "", flat[i + 1] ?? ""]);
  return found;
}
