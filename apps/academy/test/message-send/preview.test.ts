import { StatusplaneError, type Json } from "@statusplane/core";
import { startMailServer, type MailServer } from "@statusplane/test-support";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MESSAGE_ERRORS, readAddress, type MessageDatabase } from "../../src/jobs/message-send/index.ts";
import { readMail } from "../../src/mail-sink/index.ts";
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
    subjectOf: (request) => (request.headers["x-subject"] as string | undefined) ?? null,
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

describe("the list of those not to write to", () => {
  const listed = async (tenant: string, query = "") => {
    const url = `/api/v1/messages/blocked/${query}`;
    const answer = await fastify.inject({ url, headers: { "x-tenant": tenant } });
    return answer.json<{ items: { address: string }[]; next_cursor: string | null }>();
  };
  const addresses = async (tenant: string) => (await listed(tenant)).items.map(({ address }) => address);

  it("is each tenant's own, takes an address or a number once, and lets go of it", async () => {
    const add = async (address: string) =>
      (await post("/api/v1/messages/blocked/", { address }, "b1")).statusCode;
    expect([await add("B@Example.com"), await add("b@example.com"), await add("010-1234-5678")]).toEqual([
      204, 204, 204,
    ]);
    expect(await add("nobody")).toBe(422);
    expect(await addresses("b1")).toEqual(["01012345678", "B@example.com"]);
    expect(await addresses("b2")).toEqual([]);
    const { next_cursor: cursor } = await listed("b1", "?limit=1");
    expect(await listed("b1", `?limit=1&cursor=${cursor}`)).toMatchObject({
      items: [{ address: "B@example.com" }],
      next_cursor: null,
    });
    await post("/api/v1/messages/blocked/remove/", { address: "b@example.com" }, "b2");
    expect(await addresses("b1")).toHaveLength(2);
    await post("/api/v1/messages/blocked/remove/", { address: "b@EXAMPLE.com" }, "b1");
    expect(await addresses("b1")).toEqual(["01012345678"]);
  });

  it("keeps who put an address on it, by the token's subject", async () => {
    const url = "/api/v1/messages/blocked/";
    const headers = { "x-tenant": "b4", "x-subject": "teacher-1" };
    await fastify.inject({ method: "POST", url, headers, payload: { address: "who@example.com" } });
    await post(url, { address: "nobody@example.com" }, "b4");
    const { rows } = await bench.pool.query(
      "SELECT address, created_by FROM statusplane_academy.message_blocked WHERE tenant_id = 'b4' ORDER BY address",
    );
    expect(rows).toEqual([
      { address: "nobody@example.com", created_by: null },
      { address: "who@example.com", created_by: "teacher-1" },
    ]);
  });

  it("leaves out who came onto it between preview and sending, with the reason, and says so in the result", async () => {
    const sent = message(
      listOf(2, (n) => `late-blocked${n}@example.com`),
      "안녕",
    );
    const payload = await bench.confirmed(sent, "b3");
    let isPlanned = false;
    const database: MessageDatabase = {
      query: async (cause, query) => {
        if (query.name === "message-claim" && !isPlanned) {
          isPlanned = true;
          await post("/api/v1/messages/blocked/", { address: "late-blocked2@example.com" }, "b3");
        }
        return bench.database.query(cause, query);
      },
    };
    expect(await bench.run(payload, { id: "late-blocked", tenant: "b3", database })).toMatchObject({
      outcome: "partial",
      sent: 1,
      skipped: 1,
      reasons: [{ status: "skipped", reason: "blocked", count: 1 }],
    });
    expect(mail.mails.filter(({ to }) => to.startsWith("late-blocked"))).toHaveLength(1);
  });
});

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

const bookOf = async (id: string, tenant: string) => {
  const url = `/api/v1/messages/${id}/recipients.xlsx`;
  const book = await fastify.inject({ url, headers: { "x-tenant": tenant } });
  const path = join(tmpdir(), `recipients-${process.pid}.xlsx`);
  await writeFile(path, book.rawPayload);
  return (await readRows(path)).map(({ cells }) => cells.slice(2, 5));
};

describe("what became of a message", () => {
  it.each([
    [
      "decomposed Hangul",
      "하늘".normalize("NFD"),
      "하늘",
      "하늘@한국.kr".normalize("NFD"),
      "하늘@xn--3e0b707e.kr",
    ],
    ["right to left", "محمد بن علي", "محمد بن علي", "x@مثال.com", "x@xn--mgbh0fb.com"],
    [
      "200 letters",
      "가".repeat(200),
      "가".repeat(200),
      `${"a".repeat(64)}@example.com`,
      `${"a".repeat(64)}@example.com`,
    ],
    ["hidden characters", "김\u200b하\u202e늘\ufeff", "김하늘", " hidden@Example.COM ", "hidden@example.com"],
    [
      "quotes and a placeholder",
      `"{학번}" <b>O'Neil</b>`,
      `"{학번}" <b>O'Neil</b>`,
      '"haneul.kim"@example.com',
      '"haneul.kim"@example.com',
    ],
  ])("is the same in preview, mail, page and workbook: %s", async (what, name, shown, written, address) => {
    const [tenant, id] = ["p8", what.replaceAll(" ", "-")];
    const sent = message({ list: [{ address: written, name }] }, "안녕, {이름}!");
    const { body } = await preview(sent, tenant);
    const seen = { address, subject: `${shown}님께`, text: `안녕, ${shown}!` };
    expect(body["messages"]).toMatchObject([{ ...seen, name: shown }]);
    const payload = { ...(sent as object), confirm: body["confirm"] } as Json;
    expect(await bench.run(payload, { id, tenant })).toMatchObject({ sent: 1 });
    const kept = mail.mails.at(-1);
    const { subject, text } = readMail(Buffer.from(kept?.source ?? ""), kept?.to ?? "");
    const to = readAddress(kept?.to ?? "", "email"); // the test's server shows IDN as people write it
    expect({ address: "key" in to ? to.address : "", subject, text: text.trim() }).toEqual(seen);
    const url = `/api/v1/messages/${id}/recipients/`;
    const page = await fastify.inject({ url, headers: { "x-tenant": tenant } });
    expect(page.json()).toMatchObject({ items: [{ name: shown, address, status: "sent" }] });
    expect((await bookOf(id, tenant))[1]).toEqual([shown, address, "발송"]);
  });

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
    expect((await bookOf("same", "p5")).slice(1)).toEqual([["학생1", "r1@example.com", "발송"]]);
    expect((await bookOf("same", "p6")).slice(1)).toEqual([]);
    expect(await bookOf("same", "p4")).toEqual([
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

  it("keeps them no longer of one that ended before it had planned its message, and those of a newer one", async () => {
    const payload = await bench.confirmed(
      message({ list: [{ address: "never@example.com", name: "가" }] }, "비밀"),
      "p9",
    );
    for (const id of ["cancelled", "newer"]) await bench.claim("p9", id, 1);
    await bench.pool.query(
      `UPDATE statusplane.job SET status = 'CANCELLED', lease_until = NULL, payload = $1,
         finished_at = now() - CASE WHEN id = 'newer' THEN interval '179 days' ELSE interval '181 days' END WHERE tenant_id = 'p9'`,
      [JSON.stringify(payload)],
    );
    expect(await scrubMessages(bench.database, 180)).toBe(false);
    const { rows } = await bench.pool.query(
      "SELECT id, payload::text LIKE '%never@%' AS is_kept FROM statusplane.job WHERE tenant_id = 'p9' ORDER BY id",
    );
    expect(rows).toEqual([
      { id: "cancelled", is_kept: false },
      { id: "newer", is_kept: true },
    ]);
  });
});
