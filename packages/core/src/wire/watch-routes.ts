import type { JobRef } from "../job-ref.ts";
import type { Kind } from "../terms.ts";
import type { BatchQuery } from "./bodies.ts";

/* The addresses of watching, in a file of their own: a page that only watches loads no others. */

/** A job as an address names it: the tenant comes from the token. */
export type NamedJob = Pick<JobRef, "kind" | "id">;

/** Snapshots of many jobs. */
export const BATCH_ROUTE = "/api/v1/progress/";
/** SSE. GET: with a batch's query. POST: with a body, for more jobs than an address holds. */
export const EVENTS_ROUTE = "/api/v1/events/";
/** WebSocket. */
export const SOCKET_ROUTE = "/api/v1/ws/";

/** The snapshots of these jobs, at most `MAX_REFS`; with `active` the tenant's lists and its live ones, too. */
export function batchPath(jobs: readonly NamedJob[], base = "", active = false): string {
  return base + BATCH_ROUTE + watchSearch(jobs, active);
}

/** The query that names what is watched: of a batch, and of the events. */
export function watchSearch(jobs: readonly NamedJob[], active = false): string {
  const idsOf = (kind: Kind): string =>
    jobs
      .filter((job) => job.kind === kind)
      .map(({ id }) => encodeURIComponent(id))
      .join(",");
  const query = {
    videos: idsOf("video"),
    jobs: idsOf("job"),
    active: active ? "1" : "",
  } satisfies Record<keyof BatchQuery, string>;
  const parts = Object.entries(query).filter(([, value]) => value !== "");
  return parts.length === 0 ? "" : `?${parts.map((part) => part.join("=")).join("&")}`;
}

/** The snapshots of the tenant's newest live jobs. */
export function activePath(base = ""): string {
  return batchPath([], base, true);
}

/** Snapshots as they change, by SSE: with a body that says what is watched, for a POST. */
export function eventsPath(base = ""): string {
  return base + EVENTS_ROUTE;
}

/** The same by WebSocket. */
export function socketPath(base = ""): string {
  return base + SOCKET_ROUTE;
}
