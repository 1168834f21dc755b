import { StatusplaneError, isId, type StatusReader, type ViewStore } from "@statusplane/core";
import { MAX_REFS, ROUTES, type LiveViewsBody, type ViewBody } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { requireTenant } from "../../auth/identity.ts";
import { lengthsOf } from "./video-length.ts";
import { viewBody } from "./view-body.ts";
import { liveViewsSchema } from "./view-schemas.ts";

export interface LiveRoutesOptions {
  readonly views: Pick<ViewStore, "read" | "readRecent" | "readPolicies" | "nowMs">;
  readonly reader: Pick<StatusReader, "readMany">;
}

/** Whoever reported within this is told to somebody who comes without a cursor, ms. */
const FIRST_LOOK_MS = 60_000;
/** A report may land behind a cursor that was given in the same moments: so far each look reaches back, ms. */
const OVERLAP_MS = 1_000;
/** Of a video in one look. */
const MAX_VIEWERS = 1_000;

const query = z.object({
  videos: z.string().min(1).describe("ids, comma-separated, up to 100"),
  since: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe("cursor of the look before"),
});

/** The ids of a query, each once. @throws {invalid_request | too_many_refs} */
export function videosOf(text: string): readonly string[] {
  const videos = [...new Set(text.split(",").filter((id) => id !== ""))];
  if (videos.length > MAX_REFS) throw new StatusplaneError("too_many_refs");
  if (!videos.every(isId)) throw new StatusplaneError("invalid_request", { detail: "videos" });
  return videos;
}

/** `GET /api/v1/views/live/`: the states of whoever reported since, from the status store alone. */
export function liveRoutes(fastify: FastifyInstance, { views, reader }: LiveRoutesOptions): void {
  fastify.get(
    ROUTES.liveViews,
    {
      schema: {
        tags: ["views"],
        summary: "Whoever watches these videos now, with what they have watched",
        querystring: query,
        response: { 200: liveViewsSchema },
      },
    },
    async (request, reply): Promise<LiveViewsBody> => {
      const tenant = requireTenant(request);
      const { videos: text, since } = request.query as z.infer<typeof query>; // by the schema
      const videos = videosOf(text);
      const nowMs = await views.nowMs();
      const sinceMs = since === undefined ? nowMs - FIRST_LOOK_MS : Number(since) - OVERLAP_MS;
      const [lengths, policies, ...recent] = await Promise.all([
        lengthsOf(reader, tenant, videos),
        views.readPolicies(tenant, videos),
        ...videos.map((video) => views.readRecent(tenant, video, { sinceMs, limit: MAX_VIEWERS })),
      ]);
      const states = await views.read(recent.flat().map(({ ref }) => ref));
      const bodies = states.flatMap((state): ViewBody[] => {
        const at = state === null ? -1 : videos.indexOf(state.ref.video);
        const policy = policies?.[at]?.policy;
        if (state === null || policy === undefined) return [];
        const { ref } = state;
        const viewer = { viewer: ref.viewer, groups: [] };
        return [
          viewBody({ ref, state, watched: null, lengthSeconds: lengths[at] ?? 0, policy, viewer, nowMs }),
        ];
      });
      reply.header("cache-control", "private, no-store");
      return { views: bodies, cursor: String(nowMs) };
    },
  );
}
