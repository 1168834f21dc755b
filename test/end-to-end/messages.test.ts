import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobProgressBody } from "@statusplane/core/wire";
import {
  eventually,
  makeCertificate,
  startMailServer,
  startProgram,
  startWebhookReceiver,
  type Certificate,
  type MailServer,
  type RunningProgram,
  type WebhookReceiver,
} from "@statusplane/test-support";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api, type SubmittedBody } from "./support/api.ts";
import { openBrowser, openPage, signInAsDemo, signInByToken } from "./support/browser.ts";
import { API_ROLE, Deployment, WORKER_ROLE } from "./support/deployment.ts";
import { makeWorkbook } from "./support/inputs.ts";
import { isHousekeeping, StatementMark, total } from "./support/statements.ts";

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const FAST = { MESSAGES_PER_MINUTE: "60000", MESSAGES_PER_MINUTE_TENANT: "60000" };
const MESSAGE = { subject: "{이름}님께", text: "안녕하세요, {이름}님." };

interface Preview {
  readonly count: number;
  readonly confirm: string;
}

async function preview(api: Api, body: unknown): Promise<Preview> {
  return (await api.call<Preview>("/api/v1/messages/preview/", { json: body })).body;
}

const submit = (api: Api, payload: unknown) =>
  api.call<SubmittedBody & { code?: string }>("/api/v1/jobs/", {
    json: { job_type: "message_send", title: "알림", payload },
  });

/** Sends as a person does: what was seen. @returns the last snapshot and its job. */
async function send(
  api: Api,
  body: object,
): Promise<{ readonly id: string; readonly last: JobProgressBody }> {
  const { confirm } = await preview(api, body);
  const { body: submitted } = await submit(api, { ...body, confirm });
  return { id: String(submitted.job_id), last: await api.ended<JobProgressBody>(submitted) };
}

/** To whom the embedded mode's mail went, the newest first. */
async function sentTo(url: string): Promise<readonly string[]> {
  const sent = await (await Api.demo(url, "1")).call<{ items: { to: string }[] }>("/api/v1/messages/sent/");
  return sent.body.items.map(({ to }) => to);
}

describe("messages with nothing configured", () => {
  let folder: string;
  let program: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-messages-"));
    program = await startProgram({ env: { DATA_DIR: join(folder, "data"), ...FAST } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("go to a mail server that delivers nothing and shows each tenant its own, and name nobody where jobs are watched", async () => {
    const mine = await Api.demo(program.url, "1");
    await mine.ended(await mine.submitImport(await makeWorkbook(folder, { rows: 12 })));
    const body = { ...MESSAGE, recipients: { all: true } };
    expect(await submit(mine, body)).toMatchObject({ status: 422 });
    expect(await submit(mine, { ...body, confirm: "x" })).toMatchObject({
      status: 409,
      body: { code: "message_changed" },
    });
    const { id, last } = await send(mine, body);
    expect(last).toMatchObject({
      status: "DONE",
      result: { outcome: "complete", sent: 12, undelivered: true },
    });
    const sent = await mine.call<{ items: { to: string; subject: string; text: string }[] }>(
      "/api/v1/messages/sent/",
    );
    expect(sent.body.items).toHaveLength(12);
    expect(sent.body.items.at(-1)).toMatchObject({ subject: "학생 1님께", text: "안녕하세요, 학생 1님." });
    const theirs = await Api.demo(program.url, "2");
    expect((await theirs.call("/api/v1/messages/sent/")).body).toEqual({ items: [] });
    expect((await theirs.call(`/api/v1/messages/${id}/recipients/`)).body).toEqual({
      items: [],
      next_cursor: null,
    });
    const detail = await mine.call<{ payload: unknown }>(`/api/v1/jobs/${id}/`);
    expect(detail.body.payload).toBeNull();
    expect(JSON.stringify([last, detail.body])).not.toMatch(/@|학생 \d/);
    expect(program.output()).not.toMatch(/example\.com|학생 \d/);
  });

  it("are written, seen as they will be, sent and followed in the page, by phone and in English", async () => {
    const { page } = await openPage(browser, { width: 390, height: 844, language: "en-US" });
    await signInAsDemo(page, program.url, 1);
    await page.getByRole("button", { name: "Send a message" }).click();
    await page.locator("dialog input").first().fill("Open day for {name}");
    await page.locator("dialog textarea").fill("Dear {nobody}");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText(/text 1:6: \{nobody\}/).waitFor();
    await page.locator("dialog textarea").fill("Dear {name}");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("heading", { name: "Open day for 학생 1" }).waitFor();
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(390);
    await page.getByRole("button", { name: "Send to 12" }).click();
    await page.locator("button[aria-expanded]").filter({ hasText: "Open day for …" }).click();
    await page.getByRole("button", { name: "Outcome by recipient" }).click();
    await page.locator("dialog table tbody tr").nth(11).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Show the mail" }).click();
    await page.locator("dialog article").nth(11).waitFor();
    await page.context().close();
  });

  it("leave out who is put onto the do-not-write list in the page, and say why, until they are taken from it", async () => {
    const { page } = await openPage(browser, { language: "en-US" });
    await signInAsDemo(page, program.url, 1);
    await page.getByRole("button", { name: "Send a message" }).click();
    const dialog = page.locator("dialog");
    const click = (name: string): Promise<void> => dialog.getByRole("button", { name, exact: true }).click();
    await dialog.getByLabel("Subject").fill("Hello");
    await dialog.getByLabel("Message", { exact: true }).fill("Dear {name}");
    await click("Do-not-write list");
    await dialog.getByText("The list is empty.").waitFor();
    const address = dialog.getByLabel("Email address or phone number");
    await address.fill("nobody");
    await click("Add");
    await dialog.getByText("This is neither an email address nor a phone number.").waitFor();
    await address.fill(((await sentTo(program.url)).at(-1) ?? "").toUpperCase());
    await click("Add");
    await dialog.getByRole("listitem").first().waitFor();
    await click("Back to the message");
    await click("Preview");
    await dialog.getByText("Goes to 11 of 12.").waitFor();
    await dialog.getByText("On the do-not-write list").first().waitFor();
    await click("Edit");
    await click("Do-not-write list");
    await dialog.getByRole("button", { name: /^Remove / }).click();
    await dialog.getByText("The list is empty.").waitFor();
    await click("Back to the message");
    await click("Preview");
    await dialog.getByText("Goes to 12.").waitFor();
    expect(await dialog.getByText("On the do-not-write list").count()).toBe(0);
    await page.context().close();
  });
});

describe("messages of separate processes", () => {
  let deployment: Deployment;
  let api: RunningProgram;
  let mail: MailServer;
  let certificate: Certificate;
  let gateway: WebhookReceiver;

  beforeAll(async () => {
    certificate = makeCertificate();
    gateway = await startWebhookReceiver({
      ...{ certificate, secret: SECRET },
      answer: (response, { url }, { isVerified }) => {
        if (url === "/moved") response.writeHead(302, { location: `https://127.0.0.1:${gateway.port}/hook` });
        else response.writeHead(isVerified ? 204 : 401);
        response.end();
      },
    });
    mail = await startMailServer({ conduct: (to) => (to.startsWith("refuse") ? "refuse" : "take") });
    deployment = await Deployment.open();
    const env = {
      ...FAST,
      DEMO: "0",
      SMTP_URL: mail.url,
      WEBHOOK_SECRET: SECRET,
      WEBHOOK_ALLOWED_HOSTS: `127.0.0.1:${gateway.port},localhost:${gateway.port + 1}`,
      NODE_EXTRA_CA_CERTS: certificate.certPath,
      TIMINGS: JSON.stringify({ requestDeadlineMs: 10_000 }),
    };
    api = await deployment.start("api", env);
    await deployment.start("worker", env);
  });
  afterAll(async () => {
    await deployment?.close();
    await mail?.stop();
    await gateway?.stop();
    certificate?.[Symbol.dispose]();
  });

  it("go out by SMTP for a sign-in that may send, cost nothing to watch, and go again to those that failed", async () => {
    const recipients = {
      list: [
        { address: "ok@example.com", name: "가" },
        { address: "refuse@example.com", name: "나" },
      ],
    };
    const body = { ...MESSAGE, recipients };
    const mine = await deployment.api(api, "7");
    const { confirm, count } = await preview(mine, body);
    expect(count).toBe(2);
    const mayNot = new Api(api.url, await deployment.token("7", { scope: "watch manage" }));
    expect(await mayNot.call("/api/v1/messages/preview/", { json: body })).toMatchObject({ status: 403 });
    expect(await submit(mayNot, { ...body, confirm })).toMatchObject({
      status: 403,
      body: { code: "insufficient_scope" },
    });

    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE, WORKER_ROLE]);
    const { id, last } = await send(mine, body);
    expect(last).toMatchObject({ status: "DONE", result: { outcome: "partial", sent: 1, failed: 1 } });
    for (let poll = 0; poll < 200; poll++) await mine.jobProgress(id);
    const statements = (await mark.since()).filter((each) => !isHousekeeping(each));
    expect(
      total(statements.filter(({ query }) => query.includes("message_recipient"))),
      "of work and the preview",
    ).toBeLessThan(12);
    expect(await (await fetch(`${api.url}/metrics`)).text()).toMatch(
      /^statusplane_statements_total\{cause="watching"\} 0$/m,
    );

    const again = await send(mine, { recipients: { again: { job_id: id, status: "failed" } } });
    expect(again.last).toMatchObject({ status: "DONE", result: { total: 1, failed: 1 } });
    expect(mail.mails.map(({ to }) => to)).toEqual(["ok@example.com"]);
    expect(mail.asked.filter((to) => to === "refuse@example.com")).toHaveLength(2);
    const sink = await mine.call("/api/v1/messages/sent/");
    expect(sink.status).toBe(404);
  });

  it("go by a webhook that the page offers, signed, to the operator's hosts alone, and follow no redirect", async () => {
    const browser = await openBrowser();
    const { page } = await openPage(browser, { language: "en-US" });
    await signInByToken(page, api.url, await deployment.token("7"));
    await page.getByRole("button", { name: "Send a message" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Send by").selectOption("webhook");
    await dialog.getByLabel("Webhook address").fill(`https://127.0.0.1:${gateway.port}/hook`);
    await dialog.getByLabel("To", { exact: true }).selectOption("list");
    await dialog.getByLabel("Addresses").fill("010-1234-5678 가람\nnobody");
    await dialog.getByLabel("Message", { exact: true }).fill("안녕하세요, {name}님.");
    await dialog.getByRole("button", { name: "Preview" }).click();
    await dialog.getByText("Goes to 1 of 2.").waitFor();
    await dialog.getByRole("button", { name: "Send to 1" }).click();
    await eventually("the gateway has it", () => gateway.received.length > 0, 60_000);
    await page
      .getByText(/Partly sent/)
      .first()
      .waitFor();
    await browser.close();
    const [hook] = gateway.received;
    expect(gateway.received).toHaveLength(1);
    expect(hook).toMatchObject({ url: "/hook", isVerified: true });
    expect(JSON.parse(hook?.body ?? "")).toMatchObject({
      type: "message.send",
      data: { to: "01012345678", text: "안녕하세요, 가람님." },
    });

    const mine = await deployment.api(api, "7");
    const to = (path: string, host = `127.0.0.1:${gateway.port}`) => ({
      ...{ channel: "webhook", webhook_url: `https://${host}${path}`, text: "x" },
      recipients: { list: [{ address: "010-1234-5678" }] },
    });
    const moved = await send(mine, to("/moved"));
    const reasons = [{ status: "failed", reason: "redirected", count: 1 }];
    expect(moved.last).toMatchObject({ status: "DONE", result: { outcome: "none", reasons } });
    expect(gateway.received.map(({ url }) => url)).toEqual(["/hook", "/moved"]);
    for (const host of [`127.0.0.1:${gateway.port + 1}`, "127.0.0.1", "example.com"])
      expect(await preview(mine, to("/hook", host)), host).toMatchObject({ code: "webhook_not_allowed" });
  });

  it("are refused under an Idempotency-Key as clearly the second time, and accepted under it once they are corrected", async () => {
    const mine = await deployment.api(api, "7");
    const body = { ...MESSAGE, recipients: { list: [{ address: "key@example.com", name: "가" }] } };
    const withKey = (payload: unknown) =>
      mine.call<SubmittedBody & { code?: string }>("/api/v1/jobs/", {
        json: { job_type: "message_send", title: "알림", payload },
        headers: { "idempotency-key": "notice-1" },
      });
    const { confirm } = await preview(mine, body);
    const changed = { ...body, text: "다른 말", confirm };
    for (let time = 1; time <= 2; time++)
      expect(await withKey(changed)).toMatchObject({ status: 409, body: { code: "message_changed" } });
    const right = { ...body, confirm };
    const accepted = await withKey(right);
    expect(accepted).toMatchObject({ status: 202 });
    expect(await withKey(right)).toMatchObject({ status: 202, body: { job_id: accepted.body.job_id } });
    expect(await withKey(changed)).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
    await mine.ended(accepted.body);
    expect(mail.mails.filter(({ to }) => to === "key@example.com")).toHaveLength(1);
  });

  it("go again to those that failed by one click in the page", async () => {
    const mine = await deployment.api(api, "9");
    const list = ["ok9@example.com", "refuse9@example.com"].map((address) => ({ address, name: "가" }));
    await send(mine, { ...MESSAGE, recipients: { list } });
    const asked = (): number => mail.asked.filter((to) => to === "refuse9@example.com").length;
    const before = asked();
    const browser = await openBrowser();
    const { page } = await openPage(browser, { language: "en-US" });
    await signInByToken(page, api.url, mine.token);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("Student lists & other").click();
    await page.locator("button[aria-expanded]").filter({ hasText: "알림" }).first().click();
    await page.getByRole("button", { name: "Send again to the 1 that failed" }).click();
    await page.getByText("Submitted to be sent again.").waitFor();
    await eventually("it is tried once more", () => asked() === before + 1, 60_000);
    await browser.close();
    expect(mail.mails.filter(({ to }) => to === "ok9@example.com")).toHaveLength(1);
  });
});
