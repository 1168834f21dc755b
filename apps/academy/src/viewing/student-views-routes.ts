import { isId, isStorableText, StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { StudentViews } from "./student-views.ts";
import { viewsWorkbook } from "./views-workbook.ts";

export interface StudentViewsOptions {
  readonly views: StudentViews;
  /** Removes what a viewer watched, in both stores. */
  readonly eraseViewer: (tenant: string, viewer: string) => Promise<void>;
  /** The tenant of the verified token. @throws {unauthenticated | tenant_required} */
  readonly requireTenant: (request: FastifyRequest) => string;
}

/** What a sign-in must allow. */
const SCOPE = "students";
const PAGE_DEFAULT = 50;
const PAGE_MAX = 100;
const VIDEOS_MAX = 100;
const WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const of = z.object({
  videos: z
    .string()
    .transform((text) => [...new Set(text.split(",").filter((id) => id !== ""))])
    .refine((ids) => ids.length > 0 && ids.length <= VIDEOS_MAX && ids.every(isId), `1–${VIDEOS_MAX} ids`)
    .describe("ids, comma-separated, up to 100"),
  class: z
    .string()
    .max(200)
    .refine(isStorableText, "is not a text")
    .optional()
    .describe("of this class alone"),
});
const query = of.extend({
  cursor: z.string().max(300).optional().describe("next_cursor of the page before"),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});
const view = z.object({
  watched_percent: z.number().int(),
  attended: z.boolean(),
  last_seen_at: z.string().nullable(),
  position: z.number().nullable(),
  session: z.number().int(),
  version: z.number().int(),
});
const page = z.object({
  items: z.array(
    z.object({
      student_no: z.string(),
      name: z.string(),
      class_name: z.string().nullable(),
      viewer: z.string(),
      views: z.record(z.string(), view),
    }),
  ),
  next_cursor: z.string().nullable(),
});
const viewer = z.object({
  viewer: z.string().min(1).max(256).refine(isStorableText, "is not a text"),
});

/**
 * `GET /api/v1/students/views/`, `…/views.xlsx`, `PUT /api/v1/students/{no}/viewer/` and `DELETE /api/v1/students/{no}/`. The
 * instance needs zod's validator and serializer compilers.
 */
export function studentViewsRoutes(fastify: FastifyInstance, options: StudentViewsOptions): void {
  const { views, requireTenant } = options;
  const tags = ["students"];
  const config = { readsRecords: true, scope: SCOPE };
  fastify.get(
    "/api/v1/students/views",
    {
      config,
      schema: { tags, summary: "What students have watched", querystring: query, response: { 200: page } },
    },
    async (request) => {
      const { videos, class: className = "", cursor = "", limit } = request.query as z.output<typeof query>; // by the schema
      return views.page({
        ...{ tenant: requireTenant(request), videos, limit },
        className: className === "" ? null : className,
        cursor: cursor === "" ? null : cursor,
      });
    },
  );
  fastify.get(
    "/api/v1/students/views.xlsx",
    { config, schema: { tags, summary: "The same of a whole class as a workbook", querystring: of } },
    async (request, reply) => {
      const { videos, class: className = "" } = request.query as z.output<typeof of>; // by the schema
      const asked = {
        tenant: requireTenant(request),
        videos,
        className: className === "" ? null : className,
      };
      const language = /^en\b/i.test(request.headers["accept-language"] ?? "") ? "en" : "ko";
      return reply
        .header("content-type", WORKBOOK_TYPE)
        .header("content-disposition", 'attachment; filename="views.xlsx"')
        .send(viewsWorkbook(views, asked, language));
    },
  );
  studentRoutes(fastify, options);
}

function studentRoutes(
  fastify: FastifyInstance,
  { views, eraseViewer, requireTenant }: StudentViewsOptions,
): void {
  const tags = ["students"];
  const config = { readsRecords: true, scope: SCOPE };
  const numberOf = (request: FastifyRequest): string => {
    const { no } = request.params as { readonly no: string };
    if (!isStorableText(no)) throw new StatusplaneError("record_not_found");
    return no;
  };
  fastify.put(
    "/api/v1/students/:no/viewer",
    {
      config,
      schema: {
        tags,
        summary: "By whose sign-in a student watches",
        body: viewer,
        response: { 200: viewer },
      },
    },
    async (request) => {
      const { viewer: name } = request.body as z.output<typeof viewer>; // by the schema
      const isKnown = await views.mapViewer(requireTenant(request), numberOf(request), name);
      if (!isKnown) throw new StatusplaneError("record_not_found");
      return { viewer: name };
    },
  );
  fastify.delete(
    "/api/v1/students/:no",
    { config, schema: { tags, summary: "Remove a student, with what they have watched" } },
    async (request, reply) => {
      const [tenant, no] = [requireTenant(request), numberOf(request)];
      const name = await views.viewerOf(tenant, no);
      if (name === null) throw new StatusplaneError("record_not_found");
      await eraseViewer(tenant, name); // first: a student who is still there can be removed again
      await views.remove(tenant, no);
      return reply.status(204).send();
    },
  );
}
