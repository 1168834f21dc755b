import { isId, jobRef, StatusplaneError } from "@statusplane/core";
import type { JobOutputs } from "@statusplane/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Readable } from "node:stream";
import { z } from "zod";
import { REJECTED_NAME } from "../jobs/excel-import/index.ts";
import { sampleWorkbook } from "./sample-workbook.ts";
import type { StudentRecords } from "./student-records.ts";

export interface StudentsOptions {
  readonly students: Pick<StudentRecords, "page">;
  readonly outputs: Pick<JobOutputs, "send">;
  /** The tenant of the verified token. @throws {unauthenticated | tenant_required} */
  readonly requireTenant: (request: FastifyRequest) => string;
}

/** What a sign-in must allow. */
const SCOPE = "students";
const PAGE_DEFAULT = 50;
const PAGE_MAX = 100;
const WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const query = z.object({
  cursor: z.string().max(300).optional().describe("next_cursor of the page before"),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});
const text = z.string().nullable();
const student = z.object({
  student_no: z.string(),
  name: z.string(),
  grade: z.number().int().min(1).max(12).nullable(),
  school: text,
  class_name: text,
  phone: text,
  parent_phone: text,
  registered_on: text.describe("YYYY-MM-DD"),
  memo: text,
  email: text,
});
const page = z.object({ items: z.array(student), next_cursor: z.string().nullable() });

/**
 * `GET /api/v1/students/`, `…/students/sample.xlsx` and `GET /api/v1/jobs/{id}/rejected.xlsx`. The instance needs
 * zod's validator and serializer compilers.
 */
export function studentsRoutes(fastify: FastifyInstance, options: StudentsOptions): void {
  const { students, outputs, requireTenant } = options;
  const tags = ["students"];
  fastify.get(
    "/api/v1/students",
    {
      config: { readsRecords: true, scope: SCOPE },
      schema: { tags, summary: "Students by number", querystring: query, response: { 200: page } },
    },
    async (request) => {
      const { cursor, limit } = request.query as z.infer<typeof query>; // validated by the schema
      return students.page(requireTenant(request), {
        cursor: cursor === "" ? null : (cursor ?? null),
        limit,
      });
    },
  );
  fastify.get(
    "/api/v1/students/sample.xlsx",
    { config: { scope: SCOPE }, schema: { tags, summary: "A workbook of 500 invented students" } },
    async (request, reply) => {
      requireTenant(request);
      return sendWorkbook(reply, "students-sample.xlsx", sampleWorkbook());
    },
  );
  fastify.get<{ Params: { id: string } }>(
    `/api/v1/jobs/:id/${REJECTED_NAME}`,
    {
      config: { scope: SCOPE },
      schema: { tags, summary: "The rows that an import rejected, with the reasons" },
    },
    async (request, reply) => {
      const tenant = requireTenant(request);
      const { id } = request.params;
      if (!isId(id)) throw new StatusplaneError("record_not_found");
      return outputs.send(request, reply, { ref: jobRef(tenant, "job", id), name: REJECTED_NAME });
    },
  );
}

function sendWorkbook(reply: FastifyReply, name: string, content: Readable): FastifyReply {
  return reply
    .header("content-type", WORKBOOK_TYPE)
    .header("content-disposition", `attachment; filename="${name}"`)
    .send(content);
}
