import { StatusplaneError } from "@statusplane/core";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StudentViews, studentViewsRoutes } from "../../src/viewing/index.ts";
import { ImportBench, readRows } from "../excel-import/import-fixture.ts";

const bench = new ImportBench();
const erased: string[] = [];
let fastify: FastifyInstance;

beforeAll(() => {
  fastify = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  fastify.setErrorHandler((error, _, reply) =>
    error instanceof StatusplaneError
      ? reply.status(418).send({ code: error.code })
      : reply.status((error as { statusCode?: number }).statusCode ?? 500).send({ code: "other" }),
  );
  studentViewsRoutes(fastify, {
    views: new StudentViews({ query: (cause, query) => bench.database.query(cause, query) }),
    eraseViewer: async (tenant, viewer) => void erased.push(`${tenant} ${viewer}`),
    requireTenant: (request) => String(request.headers["x-tenant"]),
  });
});
afterAll(() => fastify.close());

const call = (method: "GET" | "PUT" | "DELETE", url: string, tenant = "grid", payload?: object) =>
  fastify.inject({
    method,
    url,
    headers: { "x-tenant": tenant },
    ...(payload === undefined ? {} : { payload }),
  });

const watched = (viewer: string, video: string, seconds: number, attended = false) =>
  bench.database.query("people", {
    name: `put-view-${attended ? 1 : 0}`,
    text: `INSERT INTO :"statusplane".view (tenant_id, video_id, viewer, watched, watched_seconds, length_seconds,
             position_seconds, seen_at, session, version, attended_at)
           VALUES ('grid', $1, $2, '', $3, 90, 3.5, '2026-03-01T00:00:00Z', 2, 7, ${attended ? "now()" : "NULL"})`,
    values: [video, viewer, seconds],
  });

describe("what students have watched", () => {
  beforeAll(async () => {
    const rows = [
      ["s1", "가", "3반"],
      ["s2", "나", "3반"],
      ["s3", "=다", "4반"],
    ];
    await bench.run(await bench.workbook([["학번", "이름", "반"], ...rows]), { tenant: "grid" });
    await watched("s1", "7", 89);
    await watched("s1", "8", 90, true);
    await watched("kim@example.com", "7", 45);
    await watched("s9", "7", 90);
  });

  it("is a page of students and videos, by number, number or mapped sign-in", async () => {
    const mapped = await call("PUT", "/api/v1/students/s2/viewer/", "grid", { viewer: "kim@example.com" });
    expect(mapped.json()).toEqual({ viewer: "kim@example.com" });
    const { items, next_cursor: cursor } = (
      await call("GET", "/api/v1/students/views/?videos=7,8&limit=2")
    ).json();
    const seen = { last_seen_at: "2026-03-01T00:00:00.000Z", position: 3.5, session: 2, version: 7 };
    expect(items).toEqual([
      {
        ...{ student_no: "s1", name: "가", class_name: "3반", viewer: "s1" },
        views: {
          "7": { watched_percent: 98, attended: false, ...seen },
          "8": { watched_percent: 100, attended: true, ...seen },
        },
      },
      {
        ...{ student_no: "s2", name: "나", class_name: "3반", viewer: "kim@example.com" },
        views: { "7": { watched_percent: 50, attended: false, ...seen } },
      },
    ]);
    const rest = (await call("GET", `/api/v1/students/views/?videos=7&limit=2&cursor=${cursor}`)).json();
    expect(rest).toMatchObject({ items: [{ student_no: "s3", views: {} }], next_cursor: null });
  });

  it("is narrowed by class, and another tenant's is not seen", async () => {
    const { items } = (
      await call("GET", `/api/v1/students/views/?videos=7&class=${encodeURIComponent("4반")}`)
    ).json();
    expect(items.map((each: { student_no: string }) => each.student_no)).toEqual(["s3"]);
    expect((await call("GET", "/api/v1/students/views/?videos=7", "other")).json().items).toEqual([]);
  });

  it("is a workbook of a whole class, whose texts are no formulas", async () => {
    const answer = await call("GET", "/api/v1/students/views.xlsx?videos=7,8");
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="views.xlsx"');
    const path = join(bench.folder, "views.xlsx");
    await writeFile(path, answer.rawPayload);
    const rows = (await readRows(path)).map(({ cells }) => cells);
    expect(rows[0]?.slice(0, 4)).toEqual(["학번", "이름", "반", "7 (%)"]);
    expect(rows[1]?.slice(0, 6)).toEqual(["s1", "가", "3반", 98, null, "2026-03-01T00:00:00.000Z"]);
    expect(rows[1]?.[7]).toBe("O");
    expect(rows[3]?.[1]).toBe("'=다");
  });

  it.each(["", "../x", Array.from({ length: 101 }, (_, i) => i).join(",")])(
    "refuses videos %j",
    async (videos) => {
      expect(
        (await call("GET", `/api/v1/students/views/?videos=${encodeURIComponent(videos)}`)).statusCode,
      ).toBe(400);
    },
  );

  it("has no two students watch by one sign-in, and knows no unknown student", async () => {
    const taken = await call("PUT", "/api/v1/students/s1/viewer/", "grid", { viewer: "kim@example.com" });
    expect(taken.json()).toEqual({ code: "invalid_request" });
    expect((await call("PUT", "/api/v1/students/x/viewer/", "grid", { viewer: "y" })).json()).toEqual({
      code: "record_not_found",
    });
  });

  it("goes with the student, whatever sign-in they watched by", async () => {
    expect((await call("DELETE", "/api/v1/students/s2/")).statusCode).toBe(204);
    expect(erased).toEqual(["grid kim@example.com"]);
    const { items } = (await call("GET", "/api/v1/students/views/?videos=7")).json();
    expect(items.map((each: { student_no: string }) => each.student_no)).toEqual(["s1", "s3"]);
    expect((await call("DELETE", "/api/v1/students/s2/")).json()).toEqual({ code: "record_not_found" });
  });
});
