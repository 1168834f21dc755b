import { startProgram, type RunningProgram } from "@statusplane/test-support";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { movementOf, sampleBar, type BarSample } from "./support/bar-samples.ts";
import { openBrowser, openPage, signInAsDemo, upload, type PageOptions } from "./support/browser.ts";
import { makeVideo, makeWorkbook } from "./support/inputs.ts";
import { barLook, colours, dropFiles, expectSound } from "./support/looks.ts";

/** The page as people meet it: in Chromium, on the embedded default. */
describe("the page", () => {
  let folder: string;
  let program: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-page-"));
    program = await startProgram({ env: { DATA_DIR: join(folder, "data") } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("follows a video and an import to their ends, plays the one and lists the other", async () => {
    const { page, context } = await openPage(browser, { language: "en-US" });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
    await signInAsDemo(page, program.url, 1);
    await upload(page, [
      await makeVideo(folder, { seconds: 4, size: "640x360" }),
      await makeWorkbook(folder, { rows: 40, isBad: (index) => index === 7 }),
    ]);
    await page.locator("[data-status=READY]").waitFor({ timeout: 120_000 });
    const done = page.locator("[data-status=DONE]");
    await done.waitFor({ timeout: 120_000 });
    expect(await done.innerText()).toMatch(/Partly imported.*1 row.*40 rows/s); // one line
    await done.getByRole("button", { expanded: false }).click();
    expect(await done.innerText()).toMatch(/39/);
    expect(await done.innerText()).toContain("The grade must be a whole number from 1 to 12.");

    await page.locator("[data-status=READY]").getByRole("button", { name: /Play/ }).click();
    await page.locator("video").evaluate((video: HTMLVideoElement) => {
      video.muted = true;
      return video.play().catch(() => undefined); // its source may not be attached yet: the wait below decides
    });
    await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 0.3);
    await page.keyboard.press("Space"); // the player has the keyboard, not the button that closes it
    await page.waitForFunction(() => document.querySelector("video")?.paused === true);
    await dropFiles(page, [await noteFile()]);
    await page.locator("[data-upload=refused]").waitFor();
    expect(await page.locator("dialog").count()).toBe(0);
    await done.getByRole("button", { name: /Show students/ }).click();
    await page.getByText("S000001").waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  it("moves a video's bar between updates, evenly up to its end, and not for who wants less motion", async () => {
    const [moving, still] = [await openPage(browser), await openPage(browser)];
    await still.page.emulateMedia({ reducedMotion: "reduce" });
    await signInAsDemo(still.page, program.url, 2);
    await signInAsDemo(moving.page, program.url, 2);
    const film = await makeVideo(folder, { seconds: 8, size: "640x360", mustBeEncoded: true });
    await upload(moving.page, [film]);
    const watched = sampleBar(moving.page, 120_000);
    await moving.page.locator("[data-status=PENDING], [data-status=PROCESSING]").waitFor();
    await still.page.reload(); // what runs comes with the active list
    const [samples, stillSamples] = await Promise.all([watched, sampleBar(still.page, 120_000)]);
    const movement = movementOf(samples);
    expect(movement.largestHop).toBeLessThanOrEqual(2);
    expect(movement.largestStepBack).toBe(0);
    expect(movement.longestStandstillMs).toBeLessThanOrEqual(1_500);
    expect(movement.lastHopFrom).toBeGreaterThanOrEqual(95);
    expect(samples.filter(({ status }) => status === "PROCESSING").length).toBeGreaterThan(5);
    expect(samples.filter(({ percent, status }) => percent > 99.9 && status === "PROCESSING")).toEqual([]);
    expect(stillSamples.length).toBeGreaterThan(0);
    const off = ({ told, percent }: BarSample): boolean => Math.abs(told - percent) > 0.01;
    expect(stillSamples.filter((sample) => sample.isAnimated || off(sample))).toEqual([]);
    await Promise.all([moving, still].map(({ context }) => context.close()));
  });

  it("catches files that are dropped anywhere, and says to whoever is not signed in what comes first", async () => {
    const { page, context } = await openPage(browser, { language: "fr-FR" });
    const note = await noteFile();
    await page.goto(`${program.url}/`);
    await page.getByRole("button", { name: /가람학원|Garam/ }).waitFor();
    await dropFiles(page, [note]);
    await page.getByText("Sign in first, then drop your files.").waitFor(); // English: the browser asks for neither
    await signInAsDemo(page, program.url, 2);
    for (const view of ["history", "students"]) {
      await page.goto(`${program.url}/#/${view}`);
      await page.getByRole("heading", { level: 1, name: new RegExp(view, "i") }).waitFor();
      await dropFiles(page, [note]);
      await page.locator("[data-upload=refused]").first().waitFor();
      expect(page.url()).toBe(`${program.url}/#/work`);
    }
    await context.close();
  });

  it("says why an upload is refused that still arrives, and goes on", async () => {
    const { page, context } = await openPage(browser, { language: "en-US" });
    const answers: number[] = [];
    page.on("response", (answer) => {
      if (answer.request().method() === "POST" && answer.url().includes("/media/"))
        answers.push(answer.status());
    });
    await signInAsDemo(page, program.url, 1);
    const zeros = join(folder, "zeros.mp4");
    await writeFile(zeros, "");
    await truncate(zeros, 50 * 1024 ** 2);
    await upload(page, [zeros, await makeVideo(folder, { seconds: 1, size: "320x180" })]);
    await page.locator("[data-upload=failed]").waitFor({ timeout: 30_000 });
    expect(await page.locator("[data-upload=failed]").innerText()).toMatch(/not a video/);
    await page.locator("[data-status=READY]").filter({ hasText: "320x180" }).waitFor({ timeout: 60_000 });
    expect(new Set(answers)).toEqual(new Set([415, 202]));
    await context.close();
  });

  it("offers to run again only what may end otherwise", async () => {
    const { page, context } = await openPage(browser, { language: "en-US" });
    await signInAsDemo(page, program.url, 1);
    const damaged = join(folder, "damaged.mp4");
    const start = await readFile(await makeVideo(folder, { seconds: 1, size: "320x180" }));
    await writeFile(damaged, start.subarray(0, 600));
    await upload(page, [damaged]);
    const failed = page.locator("[data-status=FAILED]");
    await failed.waitFor({ timeout: 60_000 });
    expect(await failed.getByRole("button").evaluateAll((all) => all.map((each) => each.ariaLabel))).toEqual([
      expect.stringMatching(/damaged/), // takes it off the list
    ]);
    await context.close();
  });

  it("finds running work again after a reload and in a second tab, without asking history", async () => {
    const { page, context } = await openPage(browser);
    await signInAsDemo(page, program.url, 2);
    await upload(page, [await makeVideo(folder, { seconds: 25, size: "1280x720" })]);
    await page.locator("[data-status=PROCESSING]").waitFor({ timeout: 60_000 });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.reload();
    await page.locator("[data-status=PROCESSING]").waitFor();
    const second = await openPage(browser);
    await signInAsDemo(second.page, program.url, 2);
    await second.page.locator("[data-status=PROCESSING]").waitFor();
    await expectContrast(second.page);
    expect(asked.filter((path) => /^\/(media\/videos|api\/v1\/(jobs|students))\/?$/.test(path))).toEqual([]);
    await page.locator("[data-status=PROCESSING]").getByRole("button", { name: /취소/ }).click();
    await page.locator("[data-status=CANCELLED]").waitFor({ timeout: 30_000 });
    await page
      .locator("[data-status=CANCELLED]")
      .getByRole("button", { name: /다시 시도/ })
      .waitFor();
    await second.page.locator("[data-status=CANCELLED]").waitFor({ timeout: 30_000 });
    await second.context.close();
    await context.close();
  });

  it("says why a video waits while there is no ffmpeg, and imports go on meanwhile", async () => {
    const noFfmpeg = { FFMPEG_PATH: join(folder, "none"), FFPROBE_PATH: join(folder, "none") };
    const without = await startProgram({ env: { DATA_DIR: join(folder, "without"), ...noFfmpeg } });
    try {
      const { page, context } = await openPage(browser);
      await signInAsDemo(page, without.url, 1);
      await upload(page, [
        await makeVideo(folder, { seconds: 2, size: "320x180" }),
        await makeWorkbook(folder, { rows: 5 }),
      ]);
      await page.locator("[data-status=DONE]").waitFor({ timeout: 60_000 });
      await page.reload(); // the reason comes with the active list
      await page
        .locator("[data-status=PENDING]")
        .filter({ hasText: /ffmpeg/ })
        .waitFor();
      expect(without.output()).toMatch(/FFMPEG_PATH/);
      await page.emulateMedia({ reducedMotion: "reduce" });
      const bar = page.locator("[data-status=PENDING]").getByRole("progressbar");
      expect(await barLook(bar)).toMatchObject({
        filled: 1, // in stripes: no part of it looks done
        fillColour: "rgba(0, 0, 0, 0)",
        fillPicture: expect.stringContaining("repeating-linear-gradient"),
      });
      await context.close();
    } finally {
      await without.stop();
    }
  });

  it.each<[string, PageOptions]>([
    ["phone, light, Korean", { width: 360, height: 740 }],
    ["phone, dark, English", { width: 360, height: 740, colorScheme: "dark", language: "en-US" }],
    ["desktop, dark, Korean", { width: 1280, height: 800, colorScheme: "dark" }],
    ["desktop, light, English", { width: 1280, height: 800, language: "en-US" }],
  ])("is accessible and fits: %s", async (_, options) => {
    const { page, context } = await openPage(browser, options);
    await page.goto(`${program.url}/`);
    await page.getByRole("button", { name: /가람학원|Garam/ }).waitFor();
    await expectSound(page);
    await signInAsDemo(page, program.url, 1);
    for (const view of ["work", "history", "students"]) {
      await page.goto(`${program.url}/#/${view}`);
      await page.waitForLoadState("networkidle");
      await expectSound(page);
    }
    await context.close();
  });

  /** In high contrast, what only a colour told before is told by the reader's own colours and by frames. */
  async function expectContrast(page: Page): Promise<void> {
    await page.emulateMedia({ forcedColors: "active" });
    const bar = await barLook(page.locator("[data-status=PROCESSING]").getByRole("progressbar"));
    expect(bar.frame).toBe("solid rgb(0, 0, 0)");
    expect(bar.fillColour).not.toBe(bar.trackColour);
    const [current, ...others] = await colours(page.locator("nav a"), "borderBottomColor");
    expect(new Set(others)).toEqual(new Set(["rgb(255, 255, 255)"])); // the ground's own
    expect(current).not.toBe("rgb(255, 255, 255)");
    await page.locator("nav a").nth(1).click();
    const segments = page.locator("label:has(input[type=radio])");
    await segments.first().waitFor();
    const [chosen, other] = await colours(segments, "backgroundColor");
    expect(chosen).not.toBe(other);
    await page.locator("nav a").first().click();
    await page.emulateMedia({ forcedColors: "none" });
  }

  /** A file of a kind that the page does not take. */
  async function noteFile(): Promise<string> {
    const path = join(folder, "note.txt");
    await writeFile(path, "not for here");
    return path;
  }
});
