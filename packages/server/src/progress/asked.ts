import { isId, jobRef, keyInTenant, StatusplaneError, type JobRef } from "@statusplane/core";
import { isWatchBody, MAX_REFS, readNames, type BatchQuery, type NamedJob } from "@statusplane/core/wire";
import { mayDo, type Identity } from "../auth/index.ts";

/** As the router reads it: text, a list of a repeated member's, or whatever an application's own parser makes of it. */
export type AskQuery = Readonly<Partial<Record<keyof BatchQuery, unknown>>>;

/** What is to be watched, by name. */
export interface NamedAsk {
  readonly jobs: readonly NamedJob[];
  readonly active: boolean;
  /** Videos whose views are wanted. */
  readonly views: readonly string[];
}

/** What one who watches is to be told. */
export interface Asked {
  readonly refs: readonly JobRef[];
  /** What the sign-in does not show, or is no id: told as missing. */
  readonly hidden: readonly NamedJob[];
  /** The tenant whose lists are wanted; null: none. */
  readonly tenant: string | null;
  /** Videos whose views are wanted. */
  readonly views: readonly JobRef[];
}

/** What a batch's query says. @throws {invalid_request} */
export function askOfQuery(query: AskQuery): NamedAsk {
  return something({ ...namesOf(query), views: [] }, "name videos, jobs or active");
}

/** What a query of events says. @throws {invalid_request} */
export function askOfEvents(query: AskQuery & { readonly views?: unknown }): NamedAsk {
  return something({ ...namesOf(query), views: idsOf(query.views) }, OF_EVENTS);
}

/** What a body of events says. @throws {invalid_request} */
export function askOfBody(body: unknown): NamedAsk {
  if (!isWatchBody(body)) throw invalid(OF_EVENTS);
  const named = { jobs: readNames(body), active: body.active === true, views: body.views ?? [] };
  return something(named, OF_EVENTS);
}

/**
 * What this sign-in may watch of it; the rest is told like what is not there.
 * @throws {too_many_refs | invalid_request}; {tenant_required} without a tenant; {not_found} for a watch token that asks for
 *   everything live; {insufficient_scope} for views by a sign-in that may not manage.
 */
export function allowed({ jobs, active, views }: NamedAsk, identity: Identity): Asked {
  const { tenant } = identity;
  if (tenant === null) throw new StatusplaneError("tenant_required");
  if (active && identity.kind === "watcher") throw new StatusplaneError("not_found");
  const named = new Map(jobs.map((job) => [keyInTenant(job), job]));
  const videos = new Set(views);
  if (named.size > MAX_REFS || videos.size > MAX_REFS) throw new StatusplaneError("too_many_refs");
  if (videos.size > 0 && (identity.kind !== "person" || !mayDo(identity, "manage"))) {
    throw new StatusplaneError("insufficient_scope", { detail: "manage" });
  }
  if (![...videos].every(isId)) throw new StatusplaneError("invalid_request", { detail: "views" });
  const refs: JobRef[] = [];
  const hidden: NamedJob[] = [];
  for (const [key, job] of named) {
    const isShown = isId(job.id) && (identity.kind === "person" || identity.jobs.has(key));
    if (isShown) refs.push(jobRef(tenant, job.kind, job.id));
    else hidden.push(job);
  }
  const viewed = [...videos].map((id) => jobRef(tenant, "video", id));
  // A stream keeps what it was asked as long as it lives: an array that grew has room for sixteen.
  return {
    refs: refs.slice(),
    hidden: orNone(hidden),
    tenant: active ? tenant : null,
    views: orNone(viewed),
  };
}

const NONE: readonly never[] = [];

/** One empty array for all. */
function orNone<Item>(items: readonly Item[]): readonly Item[] {
  return items.length === 0 ? NONE : items;
}

const OF_EVENTS = "name videos, jobs, active or views";

function namesOf({ videos, jobs, active }: AskQuery): Pick<NamedAsk, "jobs" | "active"> {
  if (active !== undefined && active !== "1") throw invalid("active is 1");
  return {
    jobs: [
      ...idsOf(videos).map((id): NamedJob => ({ kind: "video", id })),
      ...idsOf(jobs).map((id): NamedJob => ({ kind: "job", id })),
    ],
    active: active === "1",
  };
}

/** Whoever asks for nothing has made a mistake. */
function something(ask: NamedAsk, detail: string): NamedAsk {
  if (ask.jobs.length === 0 && !ask.active && ask.views.length === 0) throw invalid(detail);
  return ask;
}

function invalid(detail: string): StatusplaneError {
  return new StatusplaneError("invalid_request", { detail });
}

/**
 * Ids of a comma-separated parameter, repeated or not; each once, in their order.
 * @throws {invalid_request}
 */
function idsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!texts.every((each) => typeof each === "string")) {
    throw new StatusplaneError("invalid_request", {
      detail: "videos, jobs and views are ids with commas between them",
    });
  }
  return [
    ...new Set(
      texts
        .join(",")
        .split(",")
        .filter((id) => id !== ""),
    ),
  ];
}
