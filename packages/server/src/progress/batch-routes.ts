import { StatusplaneError, type JobRef, type Kind, type StoredSnapshot } from "@statusplane/core";
import { type BatchQuery, MAX_REFS, ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireIdentity, requireTenant } from "../auth/index.ts";
import { batchAnswer } from "./batch-answer.ts";
import type { PollRoute } from "./poll-counts.ts";
import type { ProgressOptions } from "./progress-options.ts";
import { sendText, watchedRef } from "./progress-routes.ts";
import { batchProgress, batchQuery } from "./progress-schemas.ts";

/** As the router reads it: text, a list of a repeated member's, or whatever an application's own parser makes of it. */
type Query = Readonly<Partial<Record<keyof BatchQuery, unknown>>>;

/** `GET /api/v1/progress/`: up to 100 snapshots in one read, or the newest live ones. */
export function batchRoutes(fastify: FastifyInstance, options: ProgressOptions): void {
  fastify.get(
    ROUTES.batch,
    {
      config: {
        documents: {
          summary: "Progress of up to 100 jobs, or of everything live",
          querystring: batchQuery,
          response: { 200: batchProgress },
        },
      },
    },
    async (request, reply) => {
      const query = request.query as Query;
      const route: PollRoute = query.active === undefined ? "batch" : "active";
      try {
        const answer =
          route === "active"
            ? await activeAnswer(request, query, options)
            : await batchOf(request, query, options);
        const unchanged = sendText(request, reply, answer, options.pollAfterMs);
        options.counts.add(route, unchanged ? "unchanged" : "found");
      } catch (error) {
        options.counts.add(route, "unavailable");
        throw error;
      }
      return reply;
    },
  );
}

async function batchOf(
  request: FastifyRequest,
  query: Query,
  { reader, urls }: ProgressOptions,
): Promise<{ readonly text: string; readonly etag: string }> {
  const asked = { video: idsOf(query.videos), job: idsOf(query.jobs) };
  const count = asked.video.length + asked.job.length;
  if (count > MAX_REFS) throw new StatusplaneError("too_many_refs");
  if (count === 0) throw new StatusplaneError("invalid_request", { detail: "name videos, jobs or active=1" });
  const missing = { videos: [] as string[], jobs: [] as string[] };
  const refs: JobRef[] = [];
  const gone = (kind: Kind, id: string): number => missing[kind === "video" ? "videos" : "jobs"].push(id);
  for (const kind of ["video", "job"] as const) {
    for (const id of asked[kind]) {
      const ref = watchedRef(request, kind, id);
      if (ref === null) gone(kind, id);
      else refs.push(ref);
    }
  }
  const found = refs.length === 0 ? [] : await reader.readMany(refs);
  const snapshots: StoredSnapshot[] = [];
  refs.forEach((ref, index) => {
    const snapshot = found[index] ?? null;
    if (snapshot === null) gone(ref.kind, ref.id);
    else snapshots.push(urls.mounted(snapshot));
  });
  return batchAnswer({ snapshots, missing });
}

async function activeAnswer(
  request: FastifyRequest,
  query: Query,
  { reader, jobTypes }: ProgressOptions,
): Promise<{ readonly text: string; readonly etag: string }> {
  const tenant = requireTenant(request);
  if (requireIdentity(request).kind === "watcher") throw new StatusplaneError("not_found");
  if (query.active !== "1" || query.videos !== undefined || query.jobs !== undefined) {
    throw new StatusplaneError("invalid_request", { detail: "active=1 stands alone" });
  }
  const [{ snapshots, more }, waiting] = await Promise.all([
    reader.readActive(tenant, MAX_REFS),
    reader.readUnready(jobTypes),
  ]);
  return batchAnswer({ snapshots, missing: { videos: [], jobs: [] }, active: { more, waiting } });
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
