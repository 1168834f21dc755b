import type { Json } from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import { z } from "zod";

/** What a process knows of itself. */
export interface Readiness {
  readonly ready: boolean;
  /** Whatever explains it: a store that does not answer, an eviction policy that loses live jobs, a missing tool. */
  readonly checks: Readonly<Record<string, Json>>;
}

const readySchema = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.unknown()) });

/** `/healthz`: the process answers. `/readyz`: 200 or 503, from memory. */
export function healthRoutes(fastify: FastifyInstance, readiness: () => Readiness): void {
  const tags = ["operators"];
  fastify.get(
    "/healthz",
    {
      schema: {
        tags,
        summary: "The process answers",
        security: [],
        response: { 200: z.object({ status: z.literal("ok") }) },
      },
    },
    async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { status: "ok" };
    },
  );
  fastify.get(
    "/readyz",
    {
      schema: {
        tags,
        summary: "Whether this process should get requests",
        security: [],
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (_request, reply) => {
      const { ready, checks } = readiness();
      return reply
        .code(ready ? 200 : 503)
        .header("cache-control", "no-store")
        .send({ ready, checks });
    },
  );
}
