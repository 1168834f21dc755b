import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@statusplane/client";
import { encodeSnapshot, jobRef, type Snapshot, type StatusStore, type WriteKind } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import {
  eventually,
  startProgram,
  startRedis,
  withRedis,
  type RedisServer,
  type RunningProgram,
} from "@statusplane/test-support";
import { SignJWT } from "jose";
import type { Browser, Page } from "playwright-core";
import { build, preview, type PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, openPage } from "./support/browser.ts";
import { Shop } from "./support/shop.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/compat-page", import.meta.url));
const JWT_SECRET = "end-to-end-secret-of-32-bytes-or-more";
const TENANT = "7";
const base = { attempt: 1, updatedAt: "2026-01-01T00:00:00.000Z" };
const lecture = { ...base, ref: jobRef(TENANT, "video", "42"), jobType: "video_hls", title: null };
const roll = { ...base, ref: jobRef(TENANT, "job", "import-1"), jobType: "excel_import", title: null };
const encoding = (percent: number) => ({
  percent,
  remainingSeconds: 90,
  step: { index: 2, total: 4, key: "encode", name: "인코딩", percent: 40 },
});

/**
 * An older page in Chromium, its server's only role `progress`: no database anywhere. Redis is real; the worker is this
 * test, by the store that workers write with, or by the plain commands that old ones send.
 */
describe("an older page that only watches", () => {
  let folder: string;
  let redis: RedisServer;
  let program: RunningProgram;
  let pages: PreviewServer;
  let origin: string;
  let store: StatusStore;
  let shop: Shop;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-compat-"));
    const outDir = join(folder, "page");
    await build({ root: EXAMPLE, logLevel: "warn", build: { outDir, emptyOutDir: true } });
    pages = await preview({
      root: EXAMPLE,
      build: { outDir },
      preview: { host: "127.0.0.1", port: 0 },
    });
    origin = pages.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? "";
    redis = await startRedis();
    program = await startProgram({
      role: "progress",
      env: { REDIS_URL: redis.url, JWT_SECRET, ALLOWED_ORIGINS: origin, DATA_DIR: join(folder, "data") },
    });
    store = await openRedisStatusStore({ url: redis.url });
    shop = await Shop.open();
    browser = await openBrowser();
    token = await new SignJWT({ tenant_id: TENANT })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("alice")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(JWT_SECRET));
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await store?.close();
    await program?.stop();
    await redis?.stop();
    await pages?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function write(kind: WriteKind, snapshot: Snapshot): Promise<void> {
    expect((await store.writer.write(kind, encodeSnapshot(snapshot))).answer).toBe("accepted");
  }

  async function open(settings: Readonly<Record<string, string>> = {}) {
    const { page, context } = await openPage(browser, { language: "ko-KR" });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const fragment = new URLSearchParams({ server: program.url, token, ...settings }).toString();
    await page.goto(`${origin}/#${fragment}`);
    return { page, context, asked };
  }

  async function watch(page: Page, kind: "video" | "job", id: string): Promise<void> {
    await page.getByLabel("Kind").selectOption(kind);
    await page.getByLabel("Id").fill(id);
    await page.getByRole("button", { name: "Watch" }).click();
  }

  it("needs no name but the old ones", async () => {
    const text = await readFile(join(EXAMPLE, "src/page.tsx"), "utf8");
    const sources = [...text.matchAll(/from "([^"]+)"/g)].map(([, source]) => source);
    expect(sources).toEqual(["@statusplane/client/compat", "react"]);
    const compat = await import("@statusplane/client/compat");
    expect(Object.keys(compat).toSorted()).toEqual([
      "asyncStatusStore",
      "getPollInterval",
      "useWorkerJobPoller",
    ]);
  });

  it("shows its bars move and end, with no detail served to it", async () => {
    const { page, context, asked } = await open();
    const bars = { video: page.locator("[data-task=upload-42]"), job: page.locator("[data-task=import-1]") };
    await write("announce", { ...lecture, status: "PROCESSING", version: 1, progress: encoding(35) });
    await write("announce", { ...roll, status: "PROCESSING", version: 1, progress: encoding(0) });
    await watch(page, "video", "42");
    await watch(page, "job", "import-1");
    await bars.video.filter({ hasText: "35% · 2/4 인코딩 40% · 90 s left · asks every 1 s" }).waitFor();
    await bars.job.filter({ hasText: "1% · 2/4" }).waitFor();
    await write("progress", { ...lecture, status: "PROCESSING", version: 2, progress: encoding(100) });
    await bars.video.filter({ hasText: "99%" }).waitFor();
    await write("finish", {
      ...lecture,
      status: "READY",
      outputPath: "7/42/1/master.m3u8",
      durationSeconds: 61,
    });
    const errorMessage = "제목 행이 없습니다.";
    await write("finish", { ...roll, status: "FAILED", errorCode: "workbook_no_header", errorMessage });
    const ended = (status: string) => page.locator(`[data-status=${status}]`);
    await bars.job.and(ended("error")).filter({ hasText: errorMessage }).waitFor();
    await bars.video.and(ended("success")).filter({ hasText: "record: null" }).waitFor();
    expect(asked.filter((path) => /\/(jobs|videos)\//.test(path))).toEqual(["/media/videos/42/"]); // for onSuccess
    await context.close();
  });

  it("gets the records of an application behind it, once each, of jobs that old workers write plainly", async () => {
    const { page, context, asked } = await open({ detail: shop.url });
    shop.records.set("/media/videos/7/", { id: 7, status: "READY", title: "1강" });
    shop.records.set("/api/v1/jobs/old-1/", { job_id: "old-1", status: "queued" });
    await withRedis(redis.url, async (client) => {
      await client.setex("tenant:7:video:7:status", 21_600, '{"status": "PROCESSING"}');
      await client.hset("tenant:7:video:7:progress", { percent: 35, remaining_seconds: 90 });
      await client.expire("tenant:7:video:7:progress", 21_600);
    });
    await watch(page, "video", "7");
    await page.locator("[data-task=upload-7]").filter({ hasText: "35% · 90 s left" }).waitFor();
    await watch(page, "job", "old-1"); // waits in the application's own queue: Redis does not know it yet
    await watch(page, "job", "nobodys");
    await page
      .locator("[data-task=nobodys][data-status=error]")
      .filter({ hasText: "작업을 찾을 수 없습니다." })
      .waitFor();
    await eventually("the shop is asked for both", () => shop.asked.length === 2);
    await withRedis(redis.url, async (client) => {
      await client.set("tenant:7:video:7:status", '{"status": "READY", "hls_path": "x", "duration": 61}');
      await client.set("tenant:7:job:old-1:status", '{"status": "FAILED"}');
    });
    await page.locator("[data-task=upload-7][data-status=success]").filter({ hasText: "1강" }).waitFor();
    await page.locator("[data-task=old-1][data-status=error]").filter({ hasText: "처리 실패" }).waitFor();
    expect(shop.asked.map(({ path }) => path).toSorted()).toEqual([
      "/api/v1/jobs/nobodys/",
      "/api/v1/jobs/old-1/",
      "/media/videos/7/",
    ]);
    expect(new Set(shop.asked.map(({ authorization }) => authorization))).toEqual(
      new Set([`Bearer ${token}`]),
    );
    expect(
      asked.filter((path) => !/progress|media\/videos\/7\/|jobs\/(old-1|nobodys)\/|assets|^\/$/.test(path)),
    ).toEqual([]);
    await context.close();
  });

  it("may ask nothing that needs a record, of a job that another program writes", async () => {
    await withRedis(redis.url, (client) => client.set("tenant:7:video:8:status", '{"status": "PROCESSING"}'));
    const client = createClient({ baseUrl: program.url, getToken: () => token });
    client.watch({ kind: "video", id: "8" });
    const job = await eventually("the job is seen", () => {
      const seen = client.get({ kind: "video", id: "8" });
      return seen?.status === "PROCESSING" ? seen : null;
    });
    expect(job).toMatchObject({ hasRecord: false, updatedAt: null, isStalled: false });
    for (const asked of [
      client.cancel(job.ref),
      client.retry(job.ref),
      client.detail(job.ref),
      client.playback("8"),
    ])
      await expect(asked).rejects.toMatchObject({ code: "no_record" });
    client.close();
  });
});
