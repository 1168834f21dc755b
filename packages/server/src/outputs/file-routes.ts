import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { recordRef } from "../auth/index.ts";
import type { JobOutputs } from "./job-outputs.ts";

/** `GET /api/v1/jobs/{id}/files/{name}`. */
export function fileRoutes(fastify: FastifyInstance, outputs: JobOutputs): void {
  fastify.get(
    ROUTES.file,
    {
      config: {
        documents: {
          tags: ["records"],
          summary: "A file that a job declared, as an attachment",
          response: { 200: z.unknown().describe("the file; Range is honoured") },
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params as { readonly name: string };
      return outputs.send(request, reply, { ref: recordRef(request, "job"), name });
    },
  );
}
