import {
  isNews,
  isTerminal,
  keyInTenant,
  readTenantLists,
  StatusplaneError,
  type JobRef,
  type Kind,
  type StoredSnapshot,
} from "@statusplane/core";
import {
  type BatchQuery,
  liveListBody,
  MAX_REFS,
  namesBody,
  type NamedJob,
  ROUTES,
} from "@statusplane/core/wire";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireIdentity, requireTenant } from "../auth/index.ts";
import { batchAnswer } from "./batch-answer.ts";
import type { PollRoute } from "./poll-counts.ts";
import type { ProgressOptions } from "./progress-options.ts";
import { sendText, watchedRef } from "./progress-routes.ts";
import { batchProgress, batchQuery } from "./progress-schemas.ts";

/** As the router reads it: text, a list of a repeated member's, or whatever an application's own parser makes of it. */
type Query = Readonly<Partial<Record<keyof BatchQuery, unknown>>>;

/** `GET /api/v1/progress/`: up to 100 snapshots in one read, the tenant's lists with those of what is live, or both. */
export function batchRoutes(fastify: FastifyInstance, options: ProgressOptions): void {
  fastify.get(
    ROUTES.batch,
    {
      config: {
        documents: {
          summary: "Progress of up to 100 jobs, of everything live, or of both",
          querystring: batchQuery,
          response: { 200: batchProgress },
        },
      },
    },
    async (request, reply) => {
      const query = request.query as Query;
      const route: PollRoute = query.active === undefined ? "batch" : "active";
      try {
        const answer = await answerOf(askedOf(request, query), options);
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

interface Asked {
  readonly refs: readonly JobRef[];
  /** What the sign-in does not show, or is no id: told as missing. */
  readonly hidden: readonly NamedJob[];
  /** The tenant whose lists are wanted; null: none. */
  readonly tenant: string | null;
}

/** @throws {invalid_request | too_many_refs | not_found | tenant_required} */
function askedOf(request: FastifyRequest, query: Query): Asked {
  const tenant = query.active === undefined ? null : tenantOfLists(request, query.active);
  const named = [...namedBy("video", query.videos), ...namedBy("job", query.jobs)];
  if (named.length > MAX_REFS) throw new StatusplaneError("too_many_refs");
  if (named.length === 0 && tenant === null) {
    throw new StatusplaneError("invalid_request", { detail: "name videos, jobs or active=1" });
  }
  const refs: JobRef[] = [];
  const hidden: NamedJob[] = [];
  for (const job of named) {
    const ref = watchedRef(request, job.kind, job.id);
    if (ref === null) hidden.push(job);
    else refs.push(ref);
  }
  return { refs, hidden, tenant };
}

/** Lists show all that a tenant has: no watch token, which names its jobs, opens them. */
function tenantOfLists(request: FastifyRequest, active: unknown): string {
  const tenant = requireTenant(request);
  if (requireIdentity(request).kind === "watcher") throw new StatusplaneError("not_found");
  if (active !== "1") throw new StatusplaneError("invalid_request", { detail: "active is 1 or absent" });
  return tenant;
}

const namedBy = (kind: Kind, value: unknown): readonly NamedJob[] => idsOf(value).map((id) => ({ kind, id }));

async function answerOf(
  { refs, hidden, tenant }: Asked,
  { reader, jobTypes, urls }: ProgressOptions,
): Promise<{ readonly text: string; readonly etag: string }> {
  const [named, lists, waiting] = await Promise.all([
    refs.length === 0 ? [] : reader.readMany(refs),
    tenant === null ? null : readTenantLists(reader, tenant),
    tenant === null ? null : reader.readUnready(jobTypes),
  ]);
  const live = lists?.active.snapshots ?? [];
  const newest = new Map<string, StoredSnapshot>();
  // A job may be named and live: its two reads lie a moment apart.
  for (const snapshot of [...named, ...live]) {
    if (snapshot === null) continue;
    const key = keyInTenant(snapshot.ref);
    if (isNews(newest.get(key) ?? null, snapshot)) newest.set(key, snapshot);
  }
  const isStillLive = ({ ref }: StoredSnapshot): boolean => {
    const snapshot = newest.get(keyInTenant(ref));
    return snapshot !== undefined && !isTerminal(snapshot.status);
  };
  return batchAnswer({
    snapshots: Array.from(newest.values(), (snapshot) => urls.mounted(snapshot)),
    missing: namesBody([...hidden, ...refs.filter((ref) => !newest.has(keyInTenant(ref)))]),
    lists:
      lists === null || waiting === null
        ? null
        : liveListBody({
            live: live.filter(isStillLive).map(({ ref }) => ref),
            ended: lists.ended,
            more: lists.active.more,
            waiting,
          }),
  });
}

/**
 * Ids of a comma-separated parameter, repeated or not; each once, in their order.
 * @throws {invalid_request}
 */
export function idsOf(value: unknown): readonly string[] {
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
