import { isId, jobRef, keyInTenant, StatusplaneError, type JobRef } from "@statusplane/core";
import { isWatchBody, MAX_REFS, readNames, type NamedJob } from "@statusplane/core/wire";
import type { Identity } from "../auth/index.ts";
import { idsOf } from "../progress/index.ts";
import type { Asked } from "./viewer.ts";

/** What is to be watched, by name. */
export interface NamedAsk {
  readonly jobs: readonly NamedJob[];
  readonly active: boolean;
}

/** What a query says: as a batch's. @throws {invalid_request} */
export function askOfQuery(query: unknown): NamedAsk {
  const { videos, jobs, active } = query as Readonly<Record<string, unknown>>;
  if (active !== undefined && active !== "1") throw invalid();
  return {
    jobs: [
      ...idsOf(videos).map((id): NamedJob => ({ kind: "video", id })),
      ...idsOf(jobs).map((id): NamedJob => ({ kind: "job", id })),
    ],
    active: active === "1",
  };
}

/** What a body says. @throws {invalid_request} */
export function askOfBody(body: unknown): NamedAsk {
  if (!isWatchBody(body)) throw invalid();
  return { jobs: readNames(body), active: body.active === true };
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

function invalid(): StatusplaneError {
  return new StatusplaneError("invalid_request", { detail: "name videos, jobs or active" });
}
