import { isId, jobRef, StatusplaneError } from "@statusplane/core";
import type { JobOutputs } from "@statusplane/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { pictureName, readingName } from "./reader-messages.ts";
import { PAGES_NAME } from "./write-documents.ts";

export interface PagesOptions {
  readonly outputs: Pick<JobOutputs, "send">;
  /** The tenant of the verified token. @throws {unauthenticated | tenant_required} */
  readonly requireTenant: (request: FastifyRequest) => string;
}

/** What a sign-in must allow: the same as for any file of a job. */
const SCOPE = "watch";

const page = z.object({
  page: z.number().int().min(1),
  source: z.enum(["text", "ocr", "ai"]),
  width: z.number().int().describe("of the picture, pixels"),
  height: z.number().int(),
  language: z.enum(["ko", "en"]).nullable(),
  confidence: z.number().nullable().describe("0–100"),
  lines: z.array(
    z.object({
      text: z.string(),
      box: z
        .object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
        .nullable()
        .describe("in the picture, pixels"),
      confidence: z.number().nullable(),
    }),
  ),
  problem: z.string().nullable(),
});

/** `GET /api/v1/jobs/{id}/pages/{page}/` and `…/picture/`: one page of a document that was read, without a statement. */
export function pagesRoutes(fastify: FastifyInstance, { outputs, requireTenant }: PagesOptions): void {
  const tags = ["records"];
  type Params = { readonly id: string; readonly page: string };
  const send = (
    request: FastifyRequest,
    reply: FastifyReply,
    nameOf: (page: number) => string,
  ): Promise<FastifyReply> => {
    const params = request.params as Params; // named by the route
    const tenant = requireTenant(request);
    if (!isId(params.id)) throw new StatusplaneError("record_not_found");
    if (!/^[1-9]\d{0,5}$/.test(params.page)) throw new StatusplaneError("file_not_found");
    return outputs.send(request, reply, {
      ref: jobRef(tenant, "job", params.id),
      name: nameOf(Number(params.page)),
      goesWith: PAGES_NAME,
    });
  };
  fastify.get(
    "/api/v1/jobs/:id/pages/:page",
    {
      config: {
        scope: SCOPE,
        documents: { tags, summary: "What was read of one page of a document", response: { 200: page } },
      },
    },
    (request, reply) => send(request, reply, readingName),
  );
  fastify.get(
    "/api/v1/jobs/:id/pages/:page/picture",
    {
      config: {
        scope: SCOPE,
        documents: {
          tags,
          summary: "The picture of one page, turned as it was read",
          response: { 200: z.unknown().describe("a JPEG") },
        },
      },
    },
    (request, reply) => send(request, reply, pictureName),
  );
}
