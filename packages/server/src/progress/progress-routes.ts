import { keyInTenant, isId, jobRef, type JobRef, type Kind, type StoredSnapshot } from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { requireIdentity, requireTenant } from "../auth/index.ts";
import { addVary, sendProblem } from "../errors/index.ts";
import { matchesEtag } from "./etag.ts";
import type { ProgressOptions } from "./progress-options.ts";
import { jobProgress, videoProgress } from "./progress-schemas.ts";

/** The two progress endpoints: one read of the status store, the stored text as it is. */
export function progressRoutes(fastify: FastifyInstance, options: ProgressOptions): void {
  fastify.get(
    ROUTES.progress.video,
    { config: { documents: { summary: "Progress of a video", response: { 200: videoProgress } } } },
    progressOf("video", options),
  );
  fastify.get(
    ROUTES.progress.job,
    { config: { documents: { summary: "Progress of a job", response: { 200: jobProgress } } } },
    progressOf("job", options),
  );
}

/** Without `async`: on this path a promise more would be felt. */
function progressOf(kind: Kind, options: ProgressOptions): RouteHandlerMethod {
  const { reader, counts } = options;
  return (request, reply) => {
    const ref = watchedRef(request, kind, (request.params as { readonly id: string }).id);
    if (ref === null) {
      counts.add(kind, "missing");
      sendProblem(reply, "not_found");
      return;
    }
    reader.read(ref).then(
      (snapshot) => sendSnapshot(request, reply, snapshot, kind, options),
      (error: unknown) => {
        counts.add(kind, "unavailable");
        reply.send(error);
      },
    );
  };
}

/**
 * The job that is asked for; null where its id is malformed or the watch token does not name it: both are told like an
 * unknown one.
 * @throws {tenant_required}
 */
export function watchedRef(request: FastifyRequest, kind: Kind, id: string): JobRef | null {
  const tenant = requireTenant(request);
  if (!isId(id)) return null;
  const ref = jobRef(tenant, kind, id);
  const identity = requireIdentity(request);
  return identity.kind === "watcher" && !identity.jobs.has(keyInTenant(ref)) ? null : ref;
}

function sendSnapshot(
  request: FastifyRequest,
  reply: FastifyReply,
  snapshot: StoredSnapshot | null,
  kind: Kind,
  options: ProgressOptions,
): void {
  if (snapshot === null) {
    options.counts.add(kind, "missing");
    sendProblem(reply, "not_found");
    return;
  }
  const { waitForNews } = options;
  // Two look-ups more, the second only for whoever names what it has: this is the way of every poll.
  const mayWait = waitForNews !== undefined && request.headers["if-none-match"] !== undefined;
  if (mayWait && request.headers["prefer"] !== undefined) {
    const answer = (newest: StoredSnapshot): void => sendFound(request, reply, newest, kind, options);
    if (waitForNews(request, reply, { snapshot, answer })) return;
  }
  sendFound(request, reply, snapshot, kind, options);
}

function sendFound(
  request: FastifyRequest,
  reply: FastifyReply,
  snapshot: StoredSnapshot,
  kind: Kind,
  options: ProgressOptions,
): void {
  const unchanged = sendText(request, reply, options.urls.mounted(snapshot), options.pollAfterMs);
  options.counts.add(kind, unchanged ? "unchanged" : "found");
}

/** Sends a stored text, or 304 to who has it. @returns whether it was 304. */
export function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, text }: { readonly etag: string; readonly text: string },
  pollAfterMs?: () => number | null,
): boolean {
  reply.header("etag", etag).header("cache-control", "private, no-cache");
  addVary(reply, "Authorization");
  const slower = pollAfterMs?.() ?? null;
  if (slower !== null) reply.header("poll-after-ms", String(slower));
  if (matchesEtag(request.headers["if-none-match"], etag)) {
    reply.code(304).send();
    return true;
  }
  reply.header("content-type", "application/json; charset=utf-8").send(text);
  return false;
}
