import { isNews, isTerminal, keyInTenant, readTenantLists, type StoredSnapshot } from "@statusplane/core";
import { liveListBody, namesBody, ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { requireIdentity } from "../auth/index.ts";
import { allowed, askOfQuery, type Asked, type AskQuery } from "./asked.ts";
import { batchAnswer } from "./batch-answer.ts";
import type { PollRoute } from "./poll-counts.ts";
import type { ProgressOptions } from "./progress-options.ts";
import { sendText } from "./progress-routes.ts";
import { batchProgress, batchQuery } from "./progress-schemas.ts";

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
      const query = request.query as AskQuery;
      const route: PollRoute = query.active === undefined ? "batch" : "active";
      try {
        const asked = allowed(askOfQuery(query), requireIdentity(request));
        const answer = await answerOf(asked, options);
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
