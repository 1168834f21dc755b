import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobProgressBody } from "@statusplane/core/wire";
import {
  startMailServer,
  startProgram,
  type MailServer,
  type RunningProgram,
} from "@statusplane/test-support";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api, type SubmittedBody } from "./support/api.ts";
import { openBrowser, openPage, signInAsDemo } from "./support/browser.ts";
import { API_ROLE, Deployment, WORKER_ROLE } from "./support/deployment.ts";
import { makeWorkbook } from "./support/inputs.ts";
import { isHousekeeping, StatementMark, total } from "./support/statements.ts";

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
    await page.locator("button[aria-expanded]").filter({ hasText: "Open day" }).click();
    await page.getByRole("button", { name: "Outcome by recipient" }).click();
    await page.locator("dialog table tbody tr").nth(11).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Show the mail" }).click();
    await page.locator("dialog article").nth(11).waitFor();
    await page.context().close();
  });
});

describe("messages of separate processes", () => {
  let deployment: Deployment;
  let api: RunningProgram;
  let mail: MailServer;

  beforeAll(async () => {
    mail = await startMailServer({ conduct: (to) => (to.startsWith("refuse") ? "refuse" : "take") });
    deployment = await Deployment.open();
    const env = {
      ...FAST,
      DEMO: "0",
      SMTP_URL: mail.url,
      TIMINGS: JSON.stringify({ requestDeadlineMs: 10_000 }),
    };
    api = await deployment.start("api", env);
    await deployment.start("worker", env);
  });
  afterAll(async () => {
    await deployment?.close();
    await mail?.stop();
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
});
