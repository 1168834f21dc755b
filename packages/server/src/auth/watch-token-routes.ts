import { isId, jobRef, StatusplaneError } from "@statusplane/core";
import { MAX_REFS, ROUTES, type WatchTokenBody } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";
import { requireTenant } from "./identity.ts";
import type { WatchTokens } from "./watch-tokens.ts";

const id = z.union([z.string(), z.int().nonnegative().transform(String)]).refine(isId, "is not an id");
const body = z.object({
  videos: z.array(id).max(1_000).default([]),
  jobs: z.array(id).max(1_000).default([]),
});
const answer = schemaOf<WatchTokenBody>()(
  z.object({
    watch_token: z.string().describe("reads the progress of the named jobs, nothing else"),
    expires_at: z.iso.datetime().describe("15 minutes from now"),
  }),
);

/** `POST /api/v1/watch-token/`: a new or renewed watch token, without a look at any store. */
export function watchTokenRoutes(fastify: FastifyInstance, watchTokens: WatchTokens): void {
  fastify.withTypeProvider<ZodTypeProvider>().post(
    ROUTES.watchToken,
    {
      schema: {
        tags: ["sign-in"],
        summary: "A token that may only watch the named jobs",
        body,
        response: { 200: answer },
      },
    },
    async (request) => {
      const tenant = requireTenant(request);
      const refs = [
        ...request.body.videos.map((each) => jobRef(tenant, "video", each)),
        ...request.body.jobs.map((each) => jobRef(tenant, "job", each)),
      ];
      if (refs.length > MAX_REFS) throw new StatusplaneError("too_many_refs");
      if (refs.length === 0) throw new StatusplaneError("invalid_request", { detail: "name videos or jobs" });
      const { token, expiresAt } = await watchTokens.mint(tenant, refs);
      return { watch_token: token, expires_at: expiresAt };
    },
  );
}
