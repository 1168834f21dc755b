import { StatusplaneError } from "@statusplane/core";
import { ROUTES, type ViewBody, type ViewsBody } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { requireViewer } from "../auth/index.ts";
import { schemaOf } from "../http/schema-of.ts";
import { videoOf, type AskedViews, type KnownViews } from "./known-views.ts";
import { videosOf, viewSchema } from "./reports/index.ts";

const query = z.object({ videos: z.string().min(1).describe("ids, comma-separated, up to 100") });
const viewsSchema = schemaOf<ViewsBody>()(z.object({ views: z.record(z.string(), viewSchema) }));

/** `GET /api/v1/views/` and `GET /api/v1/views/{id}/`: what whoever asks has watched. */
export function stateRoutes(fastify: FastifyInstance, known: KnownViews): void {
  const tags = ["views"];
  fastify.get(
    ROUTES.views,
    {
      schema: {
        ...{ tags, summary: "What I have watched of up to 100 videos" },
        querystring: query,
        response: { 200: viewsSchema },
      },
    },
    async (request): Promise<ViewsBody> => {
      const { videos } = request.query as z.infer<typeof query>; // by the schema
      const bodies = await known.bodies({ ...askedBy(request), videos: videosOf(videos), withSeen: false });
      return { views: Object.fromEntries(bodies.map((body) => [body.video, body])) };
    },
  );
  fastify.get(
    ROUTES.view,
    {
      schema: {
        tags,
        summary: "What I have watched of a video, and where to go on",
        response: { 200: viewSchema },
      },
    },
    async (request): Promise<ViewBody> => {
      const video = videoOf(request.params);
      const [body] = await known.bodies({ ...askedBy(request), videos: [video], withSeen: true });
      if (body === undefined) throw new StatusplaneError("record_not_found");
      return body;
    },
  );
}

function askedBy(request: FastifyRequest): Pick<AskedViews, "tenant" | "viewer"> {
  const { tenant, subject, groups } = requireViewer(request);
  return { tenant, viewer: { viewer: subject, groups } };
}
