import { jobRef, StatusplaneError, type DetailedRecord } from "@statusplane/core";
import { JobOutputs } from "@statusplane/server";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleWorkbook, StudentRecords, studentsRoutes, SAMPLE_ROWS } from "../../src/students/index.ts";
import { ImportBench, readRows } from "../excel-import/import-fixture.ts";

const bench = new ImportBench();
let fastify: FastifyInstance;
let record: Partial<DetailedRecord> | null = null;

beforeAll(() => {
  fastify = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  fastify.setErrorHandler((error, _, reply) =>
    error instanceof StatusplaneError
      ? reply.status(418).send({ code: error.code })
      : reply.status((error as { statusCode?: number }).statusCode ?? 500).send({ code: "other" }),
  );
  studentsRoutes(fastify, {
    students: new StudentRecords({ query: (cause, query) => bench.database.query(cause, query) }),
    outputs: new JobOutputs({
      reader: { read: async () => null },
      details: {
        async get() {
          if (record === null) throw new StatusplaneError("record_not_found");
          return record as DetailedRecord; // what is looked at is there
        },
      },
      files: {
        outputFolder: (ref, attempt) => join(bench.folder, "outputs", ref.tenant, ref.id, String(attempt)),
      },
    }),
    requireTenant: (request) => String(request.headers["x-tenant"]),
  });
});
afterAll(() => fastify.close());

const get = (url: string, tenant = "t1") => fastify.inject({ url, headers: { "x-tenant": tenant } });

describe("the pages of students", () => {
  it("go through all students of the tenant by number, once each", async () => {
    const rows = Array.from({ length: 25 }, (_, i) => [`가${i}`, `학생${i}`]);
    await bench.run(await bench.workbook([["학번", "이름"], ...rows]), { tenant: "pages" });
    await bench.run(
      await bench.workbook([
        ["학번", "이름"],
        ["가1x", "남의 학생"],
      ]),
      { tenant: "others" },
    );
    const seen: string[] = [];
    let url: string | null = "/api/v1/students/?limit=10";
    while (url !== null) {
      const body: { items: { student_no: string }[]; next_cursor: string | null } = (
        await get(url, "pages")
      ).json();
      seen.push(...body.items.map(({ student_no }) => student_no));
      url = body.next_cursor === null ? null : `/api/v1/students/?limit=10&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(rows.map(([number]) => number).sort());
  });

  it("show every column, dates as dates, blanks as null", async () => {
    const titles = ["학번", "이름", "학년", "등록일", "이메일"];
    const path = await bench.workbook([titles, ["1", "홍길동", 3, "2026-03-01", "a@b.kr"]]);
    await bench.run(path, { tenant: "one" });
    expect((await get("/api/v1/students", "one")).json()).toEqual({
      items: [
        {
          student_no: "1",
          name: "홍길동",
          grade: 3,
          school: null,
          class_name: null,
          phone: null,
          parent_phone: null,
          registered_on: "2026-03-01",
          memo: null,
          email: "a@b.kr",
        },
      ],
      next_cursor: null,
    });
  });

  it.each(["%20", "a", "AA", "****", Buffer.from("a\0").toString("base64url"), "_w"])(
    "refuse a cursor that is not ours: %s",
    async (cursor) => {
      expect((await get(`/api/v1/students/?cursor=${cursor}`)).json()).toEqual({ code: "invalid_request" });
    },
  );

  it.each(["0", "101", "x"])("refuse a limit of %s", async (limit) => {
    expect((await get(`/api/v1/students/?limit=${limit}`)).statusCode).toBe(400);
  });
});

describe("the sample", () => {
  it("is a workbook of 500 students that imports without a rejected row", async () => {
    const answer = await get("/api/v1/students/sample.xlsx");
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="students-sample.xlsx"');
    const path = await bench.file(answer.rawPayload);
    expect(await readRows(path)).toHaveLength(SAMPLE_ROWS + 1);
    expect(await bench.run(path, { tenant: "sample" })).toMatchObject({
      total: 500,
      inserted: 500,
      rejected: 0,
    });
    const again = await bench.file(await buffer(sampleWorkbook()));
    expect(await bench.run(again, { tenant: "sample", id: "sample-again" })).toMatchObject({
      unchanged: 500,
    });
  });
});

describe("the rejected rows", () => {
  const done = (attempt: number): Partial<DetailedRecord> => ({
    ref: jobRef("t1", "job", "files"),
    status: "DONE",
    attempt,
    files: [{ name: "rejected.xlsx", bytes: 9 }],
  });

  it("are the file that the import declared, of the attempt that the row names", async () => {
    for (const attempt of [1, 2]) {
      await writeFile(
        join(await bench.outputFolder("t1", "files", attempt), "rejected.xlsx"),
        `attempt ${attempt}`,
      );
    }
    record = done(2);
    const answer = await get("/api/v1/jobs/files/rejected.xlsx");
    expect(answer.body).toBe("attempt 2");
    expect(answer.headers).toMatchObject({
      "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "content-disposition": 'attachment; filename="rejected.xlsx"',
    });
  });

  it("are not there for an unknown job, one that declared none, or without the file", async () => {
    const code = async (found: Partial<DetailedRecord> | null, id = "files"): Promise<unknown> => {
      record = found;
      return (await get(`/api/v1/jobs/${id}/rejected.xlsx`)).json();
    };
    expect(await code(null)).toEqual({ code: "record_not_found" });
    expect(await code(done(1), "a%2Fb")).toEqual({ code: "record_not_found" });
    expect(await code({ ...done(1), files: [] })).toEqual({ code: "file_not_found" });
    expect(await code(done(9))).toEqual({ code: "file_not_found" });
  });
});
