import { StatusplaneError, type Json } from "@statusplane/core";
import { startMailServer, type MailServer } from "@statusplane/test-support";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MESSAGE_ERRORS } from "../../src/jobs/message-send/index.ts";
import { messageProviders } from "../../src/jobs/message-send/providers.ts";
import { messagesRoutes, scrubMessages } from "../../src/messages/index.ts";
import { readRows } from "../excel-import/import-fixture.ts";
import { listOf, MessageBench } from "./message-fixture.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";

const bench = new MessageBench();
let fastify: FastifyInstance;
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer();
  bench.smtpUrl = mail.url;
  fastify = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  fastify.setErrorHandler((error, _, reply) =>
    error instanceof StatusplaneError
      ? reply.status(error.definition.http).send({ code: error.code, detail: error.detail })
      : reply.status((error as { statusCode?: number }).statusCode ?? 500).send({ code: String(error) }),
  );
  messagesRoutes(fastify, {
    database: { query: (cause, query) => bench.database.query(cause, query) },
    providers: messageProviders({
      ...{ smtpUrl: mail.url, from: "a@example.com", webhookSecret: null, webhookHosts: [] },
      ...{ tenantPerMinute: 600, allPerMinute: 600 },
    }),
    sink: null,
    requireTenant: (request) => String(request.headers["x-tenant"]),
  });
  await bench.addStudents("p1", [
    { student_no: "1", name: "김하늘", grade: 3, class_name: "1반", email: "a@example.com" },
    { student_no: "2", name: "이바다", grade: 3, class_name: "2반", email: "b@example.com" },
    { student_no: "3", name: "박들", grade: 4, class_name: "1반", email: "A@Example.com" },
    { student_no: "4", name: "최산", grade: null, class_name: "1반", email: "d@example.com" },
    { student_no: "5", name: "정강", grade: 3, class_name: "1반", email: null },
    { student_no: "6", name: "한글", grade: 3, class_name: "1반", email: "no\u200b@example.com" },
    { student_no: "7", name: "막힘", grade: 3, class_name: "1반", email: "stop@example.com" },
  ]);
  await bench.addStudents("p2", [{ student_no: "1", name: "남의 학생", email: "foreign@example.com" }]);
});
afterAll(async () => {
  await fastify.close();
  await mail.stop();
});

const post = (url: string, body: unknown, tenant = "p1") =>
  fastify.inject({ method: "POST", url, headers: { "x-tenant": tenant }, payload: body as object });
const preview = async (body: unknown, tenant = "p1") => {
  const answer = await post("/api/v1/messages/preview/", body, tenant);
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
};
const message = (recipients: unknown, text = "{이름}님, {학년}학년"): Json =>
  ({ subject: "{이름}님께", text, recipients }) as Json;

describe("a preview", () => {
  it("says how many, shows three as they will be, and who is left out and why", async () => {
    expect((await post("/api/v1/messages/blocked/", { address: "STOP@example.com" })).statusCode).toBe(204);
    const { status, body } = await preview(message({ all: true }));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      count: 2,
      total: 7,
      messages: [
        { student_no: "1", address: "a@example.com", subject: "김하늘님께", text: "김하늘님, 3학년" },
        { student_no: "2", address: "b@example.com", subject: "이바다님께", text: "이바다님, 3학년" },
      ],
      skipped_first: [
        { student_no: "3", reason: "duplicate" },
        { student_no: "4", reason: "value_missing" },
        { student_no: "5", reason: "no_address" },
        { student_no: "6", reason: "malformed_address" },
        { student_no: "7", reason: "blocked" },
      ],
    });
  });

  it("chooses by grade, class, number or list, each tenant's own", async () => {
    const of = async (recipients: unknown, tenant?: string) => {
      const { body } = await preview(message(recipients, "안녕"), tenant);
      return (body["messages"] as { address: string }[]).map(({ address }) => address);
    };
    expect(await of({ grades: [4] })).toEqual(["A@example.com"]);
    expect(await of({ classes: ["2반".normalize("NFD")] })).toEqual(["b@example.com"]);
    expect(await of({ student_nos: ["2", "1", "nobody", "1"] })).toEqual(["a@example.com", "b@example.com"]);
    expect(await of({ all: true }, "p2")).toEqual(["foreign@example.com"]);
    expect(await of({ student_nos: ["1"] }, "p2")).toEqual(["foreign@example.com"]);
    expect(await of({ list: [{ address: "x@한국.kr", name: "가" }] })).toEqual(["x@xn--3e0b707e.kr"]);
  });

  it("refuses what cannot be sent by a code of its own, and says where", async () => {
    expect(await preview(message({ all: true }, "{점수}"))).toMatchObject({
      status: 422,
      body: {
        code: MESSAGE_ERRORS.message_placeholder_unknown.code,
        detail: expect.stringContaining("text 1:1: {점수}"),
      },
    });
    expect(await preview(message({ grades: [12] }))).toMatchObject({
      status: 422,
      body: { code: "message_no_recipients" },
    });
    expect(await preview({ ...(message({ all: true }) as object), text: "" })).toMatchObject({ status: 400 });
    expect((await preview({ ...(message({ all: true }) as object), to: "x" })).status).toBe(400);
    const hook = {
      channel: "webhook",
      webhook_url: "https://gw.example.com/",
      text: "x",
      recipients: { all: true },
    };
    expect(await preview(hook)).toMatchObject({ status: 422, body: { code: "message_channel_missing" } });
  });

  it("fixes recipients and text: nothing goes out once either has changed", async () => {
    const tenant = "p3";
    await bench.addStudents(tenant, [{ student_no: "1", name: "가", email: "one@example.com" }]);
    const { body } = await preview(message({ all: true }, "안녕"), tenant);
    const payload = { ...(message({ all: true }, "안녕") as object), confirm: body["confirm"] } as Json;
    await bench.addStudents(tenant, [{ student_no: "1", name: "나", email: "one@example.com" }]);
    await expect(bench.run(payload, { id: "changed", tenant })).rejects.toMatchObject({
      code: "message_changed",
    });
    expect(mail.mails.filter(({ to }) => to === "one@example.com")).toEqual([]);
    const other = { ...(payload as object), text: "다른 말" } as Json;
    await expect(bench.run(other, { id: "text", tenant })).rejects.toMatchObject({ code: "message_changed" });
    await expect(bench.run(payload, { id: "foreign", tenant: "p2" })).rejects.toMatchObject({
      code: "message_changed",
    });
    await bench.addStudents(tenant, [{ student_no: "1", name: "가", email: "one@example.com" }]);
    expect(await bench.run(payload, { id: "as-seen", tenant })).toMatchObject({ sent: 1 });
  });
});

describe("what became of a message", () => {
  it("is told by recipient as pages and as a workbook, to its tenant alone, and without a header of somebody's making", async () => {
    const list = {
      list: [{ address: "ok@example.com", name: "=1+1\r\nBcc: evil@example.com" }, { address: "broken" }],
    };
    const payload = await bench.confirmed(message(list, "{이름}"), "p4");
    await bench.run(payload, { id: "same", tenant: "p4" });
    await bench.run(await bench.confirmed(message(listOf(1), "{이름}"), "p5"), { id: "same", tenant: "p5" });
    const page = await fastify.inject({
      url: "/api/v1/messages/same/recipients/?limit=1",
      headers: { "x-tenant": "p4" },
    });
    const { items, next_cursor: cursor } = page.json<{ items: unknown[]; next_cursor: string }>();
    expect(items).toMatchObject([{ position: 1, address: "ok@example.com", status: "sent" }]);
    const next = await fastify.inject({
      url: `/api/v1/messages/same/recipients/?limit=1&cursor=${cursor}`,
      headers: { "x-tenant": "p4" },
    });
    expect(next.json()).toMatchObject({
      items: [{ position: 2, status: "skipped", reason: "malformed_address" }],
      next_cursor: null,
    });
    const theirs = await fastify.inject({
      url: "/api/v1/messages/same/recipients/",
      headers: { "x-tenant": "p5" },
    });
    expect(theirs.json()).toMatchObject({ items: [{ address: "r1@example.com" }] });
    const nobody = await fastify.inject({
      url: "/api/v1/messages/same/recipients/",
      headers: { "x-tenant": "p6" },
    });
    expect(nobody.json()).toEqual({ items: [], next_cursor: null });
    const book = await fastify.inject({
      url: "/api/v1/messages/same/recipients.xlsx",
      headers: { "x-tenant": "p4" },
    });
    const path = join(tmpdir(), `recipients-${process.pid}.xlsx`);
    await writeFile(path, book.rawPayload);
    const rows = (await readRows(path)).map(({ cells }) => cells.slice(2, 5));
    expect(rows).toEqual([
      ["이름", "주소", "결과"],
      ["'=1+1 Bcc: evil@example.com", "ok@example.com", "발송"],
      [null, "broken", "제외"],
    ]);
    const [kept] = mail.mails.filter(({ to }) => to === "ok@example.com");
    const head = (kept?.source ?? "").split("\r\n\r\n")[0] ?? "";
    expect(head).not.toMatch(/^bcc:/im);
    expect(head.match(/^(?:to|subject|from|message-id):/gim)).toHaveLength(4);
  });

  it("keeps text and addresses for a time, and the counts for good", async () => {
    const payload = await bench.confirmed(
      message({ list: [{ address: "old@example.com", name: "가" }] }, "비밀"),
      "p7",
    );
    await bench.run(payload, { id: "old", tenant: "p7" });
    await bench.pool.query(
      `UPDATE statusplane.job SET status = 'DONE', lease_until = NULL, payload = $1, finished_at = now() - interval '181 days' WHERE tenant_id = 'p7'`,
      [JSON.stringify(payload)],
    );
    expect(await scrubMessages(bench.database, 180)).toBe(false);
    const { rows } = await bench.pool.query(
      `SELECT (SELECT json_agg(m) FROM statusplane_academy.message m WHERE tenant_id = 'p7')::text
         || (SELECT json_agg(r) FROM statusplane_academy.message_recipient r WHERE tenant_id = 'p7')::text
         || (SELECT json_agg(j) FROM statusplane.job j WHERE tenant_id = 'p7')::text AS all`,
    );
    const text = (rows[0] as { all: string }).all;
    expect(text).toContain('"sent"');
    expect(text).not.toMatch(/old@example|비밀|"가"/);
    const again = { recipients: { again: { job_id: "old", status: "failed" } } };
    expect((await preview(again, "p7")).status).toBe(422);
  });
});
