import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { DEFAULT_POLICY, type ViewBody } from "@statusplane/core/wire";
import { eventually, type RunningProgram } from "@statusplane/test-support";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api } from "./support/api.ts";
import { openBrowser, openPage } from "./support/browser.ts";
import { API_ROLE, Deployment } from "./support/deployment.ts";
import { makeVideo } from "./support/inputs.ts";
import { isHousekeeping, StatementMark, type CountedStatement } from "./support/statements.ts";

const STUDENT = "20260001";
const VIDEO_SECONDS = 12;
/** Decisions in moments instead of half minutes. */
const TIMINGS = JSON.stringify({ requestDeadlineMs: 10_000, viewFlushMs: 500, tickMs: 500 });
/** What writes what was watched to its rows, whoever looks. */
const isFlush = ({ query }: CountedStatement): boolean =>
  /INSERT INTO "statusplane"\.view\b|"statusplane"\.view_outbox/i.test(query);

/** Prints the cells of a workbook's first sheet, by Debian's python3-openpyxl. */
const READ_WORKBOOK = `
import json, sys, openpyxl
sheet = openpyxl.load_workbook(sys.argv[1]).worksheets[0]
print(json.dumps([list(row) for row in sheet.iter_rows(values_only=True)], default=str))
`;

/** A teacher's grid in Chromium while a student watches in another, on real Postgres and Redis. */
describe("a grid of who has watched what", () => {
  let deployment: Deployment;
  let program: RunningProgram;
  let browser: Browser;
  let teacher: Api;
  let video: string;

  beforeAll(async () => {
    deployment = await Deployment.open();
    program = await deployment.start("all", { DEMO: "1", JWT_SECRET: "", TIMINGS });
    browser = await openBrowser();
    teacher = await Api.demo(program.url, "1");
    const path = await makeVideo(deployment.folder, { seconds: VIDEO_SECONDS, size: "320x180" });
    const submitted = await teacher.submitVideo(path, "1강. 확률");
    const students = await teacher.submitSampleStudents();
    expect((await teacher.ended(students)).status).toBe("DONE");
    expect((await teacher.ended(submitted)).status).toBe("READY");
    video = String(submitted.id);
  });
  afterAll(async () => {
    await browser?.close();
    await deployment?.close();
  });

  it("moves while they watch: percent and attendance, by the one stream, without a statement", async () => {
    await openAttendance();
    const desk = await openGrid();
    const cell = desk.page.locator(`[data-student="${STUDENT}"] [data-video="${video}"]`);
    const asked: string[] = [];
    const sinceMs = performance.now();
    desk.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const { page, context } = await openStudent();
    await play(page);
    await cell.getByText("%").waitFor();
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE]);
    await pauseAt(page, 3);
    const early = await percentAbove(cell, 0);
    expect(await cell.getByText("출석").count()).toBe(0);
    await page.locator("video").evaluate((element: HTMLVideoElement) => element.play());
    await pauseAt(page, 9);
    await percentAbove(cell, early);
    await cell.getByText("출석").waitFor({ state: "attached" });
    const statements = (await mark.since()).filter((each) => !isHousekeeping(each) && !isFlush(each));
    expect(statements).toEqual([]);
    expect(asked.filter((path) => path !== "/api/v1/views/live/")).toEqual([]);
    // Pushed, what is told is looked after once a minute; a grid that polls asks every 5 s.
    expect(asked.length).toBeLessThanOrEqual(1 + (performance.now() - sinceMs) / 30_000);
    await Promise.all([context.close(), desk.context.close()]);
  });

  it("is taken along as a workbook that others read", async () => {
    const desk = await openGrid();
    const [download] = await Promise.all([
      desk.page.waitForEvent("download"),
      desk.page.getByRole("button", { name: /엑셀|xlsx/i }).click(),
    ]);
    const path = join(deployment.folder, "viewing.xlsx");
    await download.saveAs(path);
    const { stdout } = await promisify(execFile)("/usr/bin/python3", ["-c", READ_WORKBOOK, path]);
    const rows = JSON.parse(stdout) as readonly (readonly (string | number | null)[])[];
    const row = rows.find((cells) => cells.includes(STUDENT));
    const shown = await desk.page.locator(`[data-student="${STUDENT}"] [data-video="${video}"]`).innerText();
    expect(row).toContain(Number.parseInt(shown, 10));
    await desk.context.close();
  });

  it("takes what a page says when it is left, by its grant alone and without a statement", async () => {
    const student = await Api.demo(program.url, "1", STUDENT);
    const { body } = await student.call<{ view_grant: string }>(`/media/videos/${video}/playback/`);
    const grant = body.view_grant;
    const leave = async (by: string, of = video): Promise<number> => {
      const report = { video: of, player: "beacon", ranges: [[10, 11]], position: 11, left: true, grant: by };
      const answer = await fetch(`${program.url}/api/v1/views/beacon/`, {
        ...{ method: "POST", headers: { "content-type": "text/plain" } },
        body: JSON.stringify({ reports: [report] }),
      });
      return answer.status;
    };
    const watched = async (): Promise<number> =>
      (await student.call<ViewBody>(`/api/v1/views/${video}/`)).body.watched_seconds;
    const before = await watched();
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE]);
    const forged = grant.slice(0, -4) + (grant.endsWith("AAAA") ? "BBBB" : "AAAA");
    expect([await leave(forged), await leave(grant, "999"), await leave("")]).toEqual([403, 403, 403]);
    expect(await watched()).toBe(before);
    expect(await leave(grant)).toBe(204);
    expect(await watched()).toBe(before + 1);
    const statements = (await mark.since()).filter((each) => !isHousekeeping(each) && !isFlush(each));
    expect(statements).toEqual([]);
  });

  it("is told no longer what was erased", async () => {
    const desk = await openGrid();
    const row = desk.page.locator(`[data-student="${STUDENT}"]`);
    await row.getByText("%").first().waitFor();
    expect((await teacher.call(`/api/v1/students/${STUDENT}/`, { method: "DELETE" })).status).toBeLessThan(
      300,
    );
    await row.waitFor({ state: "detached" });
    await desk.context.close();
  });

  async function openAttendance(): Promise<void> {
    const json = { ...DEFAULT_POLICY, attended_percent: 50 };
    const { status } = await teacher.call("/api/v1/views/policy/", { method: "PUT", json });
    expect(status).toBe(200);
  }

  async function openGrid(): Promise<{ page: Page; context: BrowserContext }> {
    const opened = await openPage(browser);
    await opened.page.goto(`${program.url}/`);
    await opened.page.getByRole("button", { name: /가람학원/ }).click();
    await opened.page.goto(`${program.url}/#/viewing`);
    await opened.page.locator(`[data-student="${STUDENT}"]`).waitFor();
    await opened.page.waitForLoadState("networkidle");
    return opened;
  }

  async function openStudent(): Promise<{ page: Page; context: BrowserContext }> {
    const opened = await openPage(browser);
    await opened.page.goto(`${program.url}/`);
    await opened.page.getByRole("button", { name: /김하서/ }).click();
    return opened;
  }

  async function play(page: Page): Promise<void> {
    await page.locator(`[data-video="${video}"]`).getByRole("button").click();
    await page.locator("video").evaluate((element: HTMLVideoElement) => void (element.muted = true));
    await page.waitForFunction(() => {
      const element = document.querySelector("video");
      if (element?.paused === true && element.readyState > 2) void element.play();
      return element !== null && !element.paused && element.currentTime > 0;
    });
  }

  async function pauseAt(page: Page, seconds: number): Promise<void> {
    await page.waitForFunction((at) => (document.querySelector("video")?.currentTime ?? 0) >= at, seconds);
    await page.locator("video").evaluate((element: HTMLVideoElement) => element.pause());
  }

  async function percentAbove(cell: ReturnType<Page["locator"]>, percent: number): Promise<number> {
    return eventually(`the cell shows more than ${percent} %`, async () => {
      const shown = Number.parseInt(await cell.innerText(), 10);
      return shown > percent ? shown : null;
    });
  }
});
