import type { BatchBody, VideoProgressBody } from "@statusplane/core/wire";
import {
  eventually,
  startMailServer,
  withClient,
  withRedis,
  type MailServer,
  type RunningProgram,
} from "@statusplane/test-support";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api, type SubmittedBody } from "./support/api.ts";
import { openBrowser, openPage, signInByToken, upload } from "./support/browser.ts";
import { API_ROLE, Deployment, WORKER_ROLE } from "./support/deployment.ts";
import { DOCUMENT_LINES, makeDocument, makeVideo, makeWorkbook } from "./support/inputs.ts";
import { isHousekeeping, StatementMark, total } from "./support/statements.ts";
import { startWatching, type Watching } from "./support/watching.ts";

/** Beyond completion the watchers go on for this long: a finished job costs nothing either. */
const BEYOND_MS = 30_000;
/** Of a message: whole batches of five. */
const RECIPIENTS = 25;

/** Real Postgres, Redis (one for snapshots, one for BullMQ), ffmpeg and Chromium; five processes of the product. */
describe("separate processes", () => {
  let deployment: Deployment;
  let apis: readonly [RunningProgram, RunningProgram];
  let progress: RunningProgram;
  let mail: MailServer;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    deployment = await Deployment.open();
    mail = await startMailServer();
    // not about deadlines: a busy machine is no fault of Redis
    const env = { DEMO: "0", SMTP_URL: mail.url, TIMINGS: JSON.stringify({ requestDeadlineMs: 10_000 }) };
    apis = [await deployment.start("api", env), await deployment.start("api", env)];
    progress = await deployment.start("progress", env);
    await deployment.start("worker", { SMTP_URL: mail.url });
    await deployment.start("worker", { SMTP_URL: mail.url });
    token = await deployment.token("7");
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await deployment?.close();
    await mail?.stop();
  });

  it("costs Postgres nothing to watch 3 videos, 2 imports and a document from submit to 30 s beyond the end, and to play them", async () => {
    const [tabA, tabB] = await Promise.all([openTab(apis[0].url), openTab(apis[1].url)]);
    const videos = [
      await makeVideo(deployment.folder, { seconds: 8, size: "640x360" }),
      await makeVideo(deployment.folder, { seconds: 6, size: "640x360", extension: "mov" }),
      await makeVideo(deployment.folder, { seconds: 5, size: "320x180", extension: "mkv" }),
    ];
    const workbooks = [
      await makeWorkbook(deployment.folder, { rows: 3_000, isBad: (index) => index % 500 === 0 }),
      await makeWorkbook(deployment.folder, { rows: 2_000, from: 10_001 }),
    ];
    const document = await makeDocument(deployment.folder);
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE, WORKER_ROLE]);
    await upload(tabA.page, [...videos, ...workbooks, document]);
    const submitted = await tabA.submits(6);
    await tabB.page.reload(); // finds what runs from the active list
    const servers = [...apis, progress].map((program) => new Api(program.url, token));
    const watching = startWatching(servers, submitted);

    await Promise.all([tabA, tabB].map((tab) => tab.everyBarAtItsEnd(6)));
    const seen = await watching.untilAllEnded(240_000);
    await new Promise((resolve) => setTimeout(resolve, BEYOND_MS));
    for (const title of ["lecture-640x360-8", "lecture-640x360-6"]) await tabA.plays(title);
    await watching.stop();

    expect(watching.errors).toEqual([]);
    expect(seen.every(({ status }) => status === "READY" || status === "DONE")).toBe(true);
    expect(watching.answers).toBeGreaterThan(1_000);
    const statements = (await mark.since()).filter((each) => !isHousekeeping(each));
    const count = (pattern: RegExp): number => total(statements.filter(({ query }) => pattern.test(query)));
    expect(count(/INSERT INTO "statusplane"\.job \(/i), "submits").toBe(6);
    const attempts = seen.reduce((sum, { attempt }) => sum + attempt, 0);
    // a queue that delivers again and an answer that comes late on a busy machine add some, of what watches none:
    // a thousand answers would be seen here
    expectBetween(count(/WITH claimed AS/i), [attempts, attempts + 6], "claims");
    expectBetween(count(/^\s*WITH ended AS/i), [6, attempts + 6], "ends");
    // what Redis does not know of views: a tenant's policies once per api, a viewer's state once per video
    const views = /FROM "statusplane"\.view(?:_policy)?\b/i;
    expect(count(views), "views and policies").toBeLessThanOrEqual(apis.length + videos.length);
    const reads = statements.filter(
      ({ query }) => /^\s*SELECT/i.test(query) && !/INSERT|UPDATE|DELETE/i.test(query) && !views.test(query),
    );
    const askedByHand = tabA.byHand() + tabB.byHand();
    expect(total(reads), JSON.stringify(reads)).toBeLessThanOrEqual(askedByHand);
    for (const tab of [tabA, tabB]) expect(tab.mostDetailsOfOneJob()).toBeLessThanOrEqual(1);
    await expectWatchingIsFree(watching);
  });

  /** With everything at rest, whatever polls, reads batches, lists and asks playback costs no statement at all. */
  async function expectWatchingIsFree(before: Watching): Promise<void> {
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE, WORKER_ROLE]);
    const again = startWatching(
      apis.map((program) => new Api(program.url, token)),
      before.watched,
      { playback: true },
    );
    await eventually("2,000 answers", () => again.answers > 2_000, 60_000);
    await expectPagesOfDocument(before);
    await again.stop();
    expect(again.errors).toEqual([]);
    const rest = (await mark.since()).filter((each) => !isHousekeeping(each));
    const leases = /UPDATE "statusplane"\.job\b[\s\S]*lease_until/i; // renewals of running work: none runs, but a worker may still be asking
    expect(rest.filter(({ query }) => !leases.test(query))).toEqual([]);
    for (const program of apis) {
      const metrics = await (await fetch(`${program.url}/metrics`)).text();
      expect(metrics).toMatch(/^statusplane_statements_total\{cause="watching"\} 0$/m);
    }
  }

  /** What was read of a document is fetched page by page, without a statement. */
  async function expectPagesOfDocument({ watched }: Watching): Promise<void> {
    const mine = new Api(apis[1].url, token);
    const jobs = await Promise.all(
      watched.flatMap(({ job_id: id }) => (id === undefined ? [] : [mine.jobProgress(id)])),
    );
    const [read] = jobs.filter(({ body }) => body.job_type === "ocr");
    const address = `/api/v1/jobs/${read?.body.job_id}/pages/1/`;
    const page = await mine.call<{ lines: readonly { text: string }[] }>(address);
    expect(page.body.lines.map(({ text }) => text)).toEqual(DOCUMENT_LINES);
    expect((await mine.call<unknown>(`${address}picture/`)).status).toBe(200);
  }

  it("costs Postgres nothing to watch a message from its submit to beyond its end", async () => {
    const mine = new Api(apis[0].url, token);
    const list = Array.from({ length: RECIPIENTS }, (_, n) => ({ address: `r${n}@example.com`, name: "가" }));
    const message = { subject: "{이름}님께", text: "안녕하세요.", recipients: { list } };
    const worker = await StatementMark.set(deployment.databaseUrl, [WORKER_ROLE]);
    const { body: seen } = await mine.call<{ confirm: string }>("/api/v1/messages/preview/", {
      json: message,
    });
    const payload = { ...message, confirm: seen.confirm };
    const { body: submitted } = await mine.call<SubmittedBody>("/api/v1/jobs/", {
      json: { job_type: "message_send", title: "알림", payload },
    });
    const watched = await StatementMark.set(deployment.databaseUrl, [API_ROLE]);
    const servers = [...apis, progress].map((program) => new Api(program.url, token));
    const watching = startWatching(servers, [submitted]);
    const [last] = await watching.untilAllEnded(240_000);
    const until = watching.answers + 100;
    await eventually("100 answers beyond the end", () => watching.answers > until, 60_000);
    await watching.stop();

    expect(watching.errors).toEqual([]);
    expect(last).toMatchObject({ status: "DONE", result: { outcome: "complete", sent: RECIPIENTS } });
    expect(mail.mails).toHaveLength(RECIPIENTS);
    const whileWatched = (await watched.since()).filter((each) => !isHousekeeping(each));
    expect(whileWatched).toEqual([]);
    const statements = await worker.since();
    const count = (pattern: RegExp): number => total(statements.filter(({ query }) => pattern.test(query)));
    const batches = RECIPIENTS / 5;
    expectBetween(count(/\bmessage_pace\b/), [batches + 1, 2 * batches], "claims; one finds nobody");
    expectBetween(count(/SET\s+status = CASE WHEN x\.status/), [batches, 2 * batches - 1], "settlings");
  });

  it("keeps two tenants with equal ids apart, on every way in", async () => {
    const mine = new Api(apis[0].url, token);
    const submitted = await mine.submitVideo(
      await makeVideo(deployment.folder, { seconds: 2, size: "320x180" }),
    );
    await mine.ended(submitted);
    const id = String(submitted.id);
    for (const program of [...apis, progress]) {
      const other = await deployment.api(program, "8");
      const unknown = await other.call<unknown>(
        "/media/videos/0190aaaa-0000-7000-8000-000000000000/progress/",
      );
      const foreign = await other.call<unknown>(`/media/videos/${id}/progress/`);
      expect({ status: foreign.status, body: foreign.body }).toEqual({ status: 404, body: unknown.body });
      const batch = await other.call<BatchBody>(`/api/v1/progress/?videos=${id}`);
      expect(batch.body).toMatchObject({ videos: {}, missing: { videos: [id] } });
      const active = await other.call<BatchBody>("/api/v1/progress/?active=1");
      expect(active.body).toMatchObject({ videos: {}, jobs: {} });
    }
    const other = await deployment.api(apis[1], "8");
    for (const path of [`/media/videos/${id}/`, `/media/videos/${id}/playback/`]) {
      expect((await other.call(path)).status, path).toBe(404);
    }
    for (const action of ["cancel", "retry"]) {
      expect((await other.call(`/media/videos/${id}/${action}/`, { method: "POST" })).status, action).toBe(
        404,
      );
    }
    expect((await other.call<{ items: unknown[] }>("/media/videos/")).body.items).toEqual([]);
    await expectOwnVideoOfTheSameId(mine, await deployment.api(apis[0], "8"), id);
  });

  /** The other tenant gets a key and a row under the very same id: each sees its own, and plays its own. */
  async function expectOwnVideoOfTheSameId(mine: Api, other: Api, id: string): Promise<void> {
    await withRedis(deployment.statusRedis.url, (redis) =>
      redis.set(`tenant:8:video:${id}:status`, '{"status": "FAILED", "error_reason": "theirs"}'),
    );
    await withClient(deployment.databaseUrl, (client) =>
      client.query(
        `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, title, payload, status, error_code, finished_at)
         VALUES ('8', 'video', $1, 'video_hls', 'theirs', '{}', 'FAILED', 'video_unreadable', now())`,
        [id],
      ),
    );
    for (const program of [...apis, progress]) {
      const theirs = await new Api(program.url, other.token).videoProgress(id);
      expect(theirs.body).toMatchObject({ status: "FAILED", error_reason: "theirs" });
      expect((await new Api(program.url, mine.token).videoProgress(id)).body.status).toBe("READY");
    }
    expect((await other.call<{ title: string }>(`/media/videos/${id}/`)).body.title).toBe("theirs");
    expect((await other.call(`/media/videos/${id}/playback/`)).body.code).toBe("not_playable");
    const { body } = await mine.call<{ hls_url: string }>(`/media/videos/${id}/playback/`);
    const forged = body.hls_url.replace(
      /hls\/(.)/,
      (_all, first: string) => `hls/${first === "A" ? "B" : "A"}`,
    );
    expect((await fetch(mine.url + body.hls_url)).status).toBe(200);
    expect((await fetch(mine.url + forged)).status).toBe(404);
  }

  it("gives role progress nothing but what is watched", async () => {
    const api = new Api(progress.url, token);
    for (const path of ["/media/videos/", "/api/v1/students/", "/media/videos/1/playback/", "/"]) {
      const { status, body } = await api.call(path);
      expect(`${status} ${body.code}`, path).toBe("404 not_served_here");
    }
    expect((await api.call("/readyz")).status).toBe(200);
  });

  it("answers 503, not 404 and not the database, while Redis hangs, and recovers by itself", async () => {
    const api = new Api(apis[0].url, token);
    const submitted = await api.submitImport(
      await makeWorkbook(deployment.folder, { rows: 10, from: 50_000 }),
    );
    await api.ended(submitted);
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE]);
    deployment.statusRedis.pause();
    try {
      const { status, body, headers } = await eventually("a 503", async () => {
        const answer = await api.call(submitted.progress_url);
        return answer.status === 503 ? answer : null;
      });
      expect(`${status} ${body.code}`).toBe("503 store_unavailable");
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect((await mark.since()).filter((each) => !isHousekeeping(each))).toEqual([]);
    } finally {
      deployment.statusRedis.resume();
    }
    await eventually("it answers again", async () => (await api.call(submitted.progress_url)).status === 200);
  });

  it("brings queued, running and finished work back after Redis lost everything", async () => {
    const api = new Api(apis[0].url, token);
    const finished = await api.submitImport(
      await makeWorkbook(deployment.folder, { rows: 10, from: 60_000 }),
    );
    await api.ended(finished);
    const running = await api.submitVideo(
      await makeVideo(deployment.folder, { seconds: 20, size: "1280x720" }),
    );
    await eventually(
      "encoding has begun",
      async () => {
        const { body } = await api.videoProgress(running.id ?? "");
        return body.encoding_step_key === "encode";
      },
      60_000,
    );
    await deployment.statusRedis.kill();
    await deployment.statusRedis.start();
    const backAgain = (submitted: SubmittedBody) => (): Promise<boolean> =>
      api.call(submitted.progress_url).then(({ status }) => status === 200);
    await eventually("the running one is back", backAgain(running), 60_000);
    await eventually("the finished one is back", backAgain(finished), 60_000);
    expect((await api.ended<VideoProgressBody>(running)).status).toBe("READY");
  });

  /** A browser tab of tenant 7 that counts what it asks by hand. */
  async function openTab(url: string): Promise<Tab> {
    const { page } = await openPage(browser);
    return Tab.open(page, url, token);
  }
});

class Tab {
  readonly page: Page;
  readonly #details = new Map<string, number>();
  readonly #submitted: SubmittedBody[] = [];
  #byHand = 0;

  private constructor(page: Page) {
    this.page = page;
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      const method = response.request().method();
      if (
        method === "POST" &&
        /^\/(media\/videos|api\/v1\/jobs)\/?$/.test(pathname) &&
        response.status() === 202
      ) {
        void response.json().then((body: SubmittedBody) => this.#submitted.push(body));
      }
      if (method !== "GET") return;
      const detail = /^\/(?:media\/videos|api\/v1\/jobs)\/[^/]+\/?$/.test(pathname);
      if (detail) this.#details.set(pathname, (this.#details.get(pathname) ?? 0) + 1);
      if (detail || /^\/(media\/videos|api\/v1\/(jobs|students))\/?$/.test(pathname)) this.#byHand += 1;
    });
  }

  static async open(page: Page, url: string, token: string): Promise<Tab> {
    const tab = new Tab(page);
    await signInByToken(page, url, token);
    return tab;
  }

  /** Requests that may cost a statement: detail, history, students. */
  byHand(): number {
    return this.#byHand;
  }

  mostDetailsOfOneJob(): number {
    return Math.max(0, ...this.#details.values());
  }

  async submits(count: number): Promise<readonly SubmittedBody[]> {
    await eventually(`${count} submits`, () => this.#submitted.length >= count, 60_000);
    return this.#submitted;
  }

  async everyBarAtItsEnd(count: number): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => document.querySelectorAll('[data-status="READY"], [data-status="DONE"]').length >= wanted,
      count,
      { timeout: 240_000 },
    );
  }

  async plays(title: string): Promise<void> {
    const card = this.page.locator("[data-status=READY]").filter({ hasText: title });
    await card.getByRole("button", { name: /재생/ }).click();
    const video = this.page.locator("video");
    await video.evaluate((element: HTMLVideoElement) => {
      element.muted = true;
      return element.play().catch(() => undefined); // its source may not be attached yet: the wait below decides
    });
    await this.page.waitForFunction(
      () => (document.querySelector("video")?.currentTime ?? 0) > 0.5,
      undefined,
      {
        timeout: 30_000,
      },
    );
    await this.page.keyboard.press("Escape");
    await video.waitFor({ state: "detached" });
  }
}

function expectBetween(count: number, [least, most]: readonly [number, number], what: string): void {
  expect(count, what).toBeGreaterThanOrEqual(least);
  expect(count, what).toBeLessThanOrEqual(most);
}
