import type { ViewStore } from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { requireTenant, requireViewer, SUBJECT_MAX_CHARACTERS } from "../../auth/identity.ts";

const params = z.object({ viewer: z.string().min(1).max(SUBJECT_MAX_CHARACTERS) });

/** `DELETE /api/v1/views/grants/` and `…/grants/{viewer}/`: what was given out before reports nothing more. */
export function grantRoutes(fastify: FastifyInstance, views: Pick<ViewStore, "revokeGrants">): void {
  const tags = ["views"];
  fastify.delete(
    ROUTES.ownGrants,
    { schema: { tags, summary: "Take away my grants, on every device" } },
    async (request, reply) => {
      const { tenant, subject } = requireViewer(request);
      await views.revokeGrants(tenant, subject);
      return reply.status(204).send();
    },
  );
  fastify.delete(
    ROUTES.viewerGrants,
    { schema: { tags, summary: "Take away a viewer's grants", params } },
    async (request, reply) => {
      const { viewer } = request.params as z.infer<typeof params>; // by the schema
      await views.revokeGrants(requireTenant(request), viewer);
      return reply.status(204).send();
    },
  );
}
