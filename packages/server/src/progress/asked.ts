import { isId, jobRef, keyInTenant, StatusplaneError, type JobRef } from "@statusplane/core";
import { isWatchBody, MAX_REFS, readNames, type BatchQuery, type NamedJob } from "@statusplane/core/wire";
import type { Identity } from "../auth/index.ts";

/** As the router reads it: text, a list of a repeated member's, or whatever an application's own parser makes of it. */
export type AskQuery = Readonly<Partial<Record<keyof BatchQuery, unknown>>>;

/** What is to be watched, by name. */
export interface NamedAsk {
  readonly jobs: readonly NamedJob[];
  readonly active: boolean;
}

/** What one who watches is to be told. */
export interface Asked {
  readonly refs: readonly JobRef[];
  /** What the sign-in does not show, or is no id: told as missing. */
  readonly hidden: readonly NamedJob[];
  /** The tenant whose lists are wanted; null: none. */
  readonly tenant: string | null;
}

/** What a query says. @throws {invalid_request} */
export function askOfQuery({ videos, jobs, active }: AskQuery): NamedAsk {
  if (active !== undefined && active !== "1") throw invalid();
  return something({
    jobs: [
      ...idsOf(videos).map((id): NamedJob => ({ kind: "video", id })),
      ...idsOf(jobs).map((id): NamedJob => ({ kind: "job", id })),
    ],
    active: active === "1",
  });
}

/** What a body says. @throws {invalid_request} */
export function askOfBody(body: unknown): NamedAsk {
  if (!isWatchBody(body)) throw invalid();
  return something({ jobs: readNames(body), active: body.active === true });
}

/**
 * What this sign-in may watch of it; the rest is told like what is not there.
 * @throws {too_many_refs}; {tenant_required} without a tenant; {not_found} for a watch token that asks for everything live.
 */
export function allowed({ jobs, active }: NamedAsk, identity: Identity): Asked {
  const { tenant } = identity;
  if (tenant === null) throw new StatusplaneError("tenant_required");
  if (active && identity.kind === "watcher") throw new StatusplaneError("not_found");
  const named = new Map(jobs.map((job) => [keyInTenant(job), job]));
  if (named.size > MAX_REFS) throw new StatusplaneError("too_many_refs");
  const refs: JobRef[] = [];
  const hidden: NamedJob[] = [];
  for (const [key, job] of named) {
    const isShown = isId(job.id) && (identity.kind === "person" || identity.jobs.has(key));
    if (isShown) refs.push(jobRef(tenant, job.kind, job.id));
    else hidden.push(job);
  }
  return { refs, hidden, tenant: active ? tenant : null };
}

/** Whoever asks for nothing has made a mistake. */
function something(ask: NamedAsk): NamedAsk {
  if (ask.jobs.length === 0 && !ask.active) throw invalid();
  return ask;
}

function invalid(): StatusplaneError {
  return new StatusplaneError("invalid_request", { detail: "name videos, jobs or active" });
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
      detail: "videos and jobs are ids with commas between them",
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
