import { eventually, type RunningProgram } from "@statusplane/test-support";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, openPage, signInByToken, upload, type PageOptions } from "./support/browser.ts";
import { cardMoves, recordCardMoves, type CardMoves } from "./support/card-moves.ts";
import { API_ROLE, Deployment } from "./support/deployment.ts";
import { makeVideo, makeWorkbook } from "./support/inputs.ts";
import { isHousekeeping, StatementMark } from "./support/statements.ts";

/** Long enough for a busy machine. */
const SOON = { timeout: 60_000 } as const;

/** What people of one tenant see of each other's work, in browsers of their own. */
describe("the tray", () => {
  let deployment: Deployment;
  let api: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    deployment = await Deployment.open();
    // not about deadlines: a busy machine is no fault of Redis
    api = await deployment.start("api", { TIMINGS: JSON.stringify({ requestDeadlineMs: 10_000 }) });
    await deployment.start("worker");
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await deployment?.close();
  });

  it("tells everybody of the tenant what anybody does, by name, without a reload and without a statement", async () => {
    const [mine, theirs] = await Promise.all([signedIn("7"), signedIn("7")]);
    await upload(mine, [await makeVideo(deployment.folder, { seconds: 25, size: "1280x720" })]);
    const title = "lecture-1280x720-25";
    await Promise.all([mine, theirs].map((page) => card(page, title, "PROCESSING").waitFor(SOON)));
    const ref = await card(mine, title, "PROCESSING").getAttribute("data-ref");
    expect(await card(theirs, title, "PROCESSING").getAttribute("data-ref")).toBe(ref);

    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE]);
    const before = await percentOf(theirs, title);
    await mine.reload();
    await card(mine, title, "PROCESSING").waitFor(SOON);
    expect(await card(mine, title, "PROCESSING").getAttribute("data-ref")).toBe(ref);
    await eventually("it goes on", async () => (await percentOf(theirs, title)) > before, 60_000);
    expect((await mark.since()).filter((each) => !isHousekeeping(each))).toEqual([]);

    await card(theirs, title, "PROCESSING")
      .getByRole("button", { name: `${title} 취소` })
      .press("Enter");
    await Promise.all([mine, theirs].map((page) => card(page, title, "CANCELLED").waitFor(SOON)));
    // Its button is gone, and the keyboard is still at the card.
    expect(await theirs.locator(":focus").getAttribute("aria-label")).toBe(`${title} 다시 시도`);
    await card(mine, title, "CANCELLED")
      .getByRole("button", { name: `${title} 다시 시도` })
      .click();
    await card(theirs, title, "PROCESSING").waitFor(SOON);
    expect(await theirs.locator(`[data-ref="${ref}"]`).getAttribute("data-group")).toBe("running");
    await card(mine, title, "PROCESSING")
      .getByRole("button", { name: `${title} 취소` })
      .click();
    await card(theirs, title, "CANCELLED").waitFor(SOON);
    await Promise.all([mine, theirs].map((page) => page.context().close()));
  });

  it("keeps every card where a person looks for it, on a screen and on a phone", async () => {
    const files = [
      await makeVideo(deployment.folder, { seconds: 1, size: "320x180" }),
      await makeVideo(deployment.folder, { seconds: 2, size: "320x180" }),
      await makeWorkbook(deployment.folder, { rows: 300 }),
      await makeWorkbook(deployment.folder, { rows: 200, from: 1_000, isBad: (index) => index === 7 }),
    ];
    const sizes = { "8": { width: 1280, height: 800 }, "9": { width: 360, height: 740 } } as const;
    const moves = await Promise.all(
      Object.entries(sizes).map(([tenant, size]) => movesOfSession(tenant, size, files)),
    );
    for (const { movedAtSubmit, layoutShift, belowScreen } of moves) {
      expect(movedAtSubmit).toEqual([0, 0, 0, 0]);
      expect(layoutShift).toBeLessThanOrEqual(0.05);
      expect(belowScreen).toBeLessThanOrEqual(0);
    }
  });

  /** What the cards do from the upload of two videos and two imports to the end of them all. */
  async function movesOfSession(
    tenant: string,
    size: PageOptions,
    files: readonly string[],
  ): Promise<CardMoves> {
    const page = await signedIn(tenant, size);
    await recordCardMoves(page);
    await upload(page, files);
    await page.locator("[data-group=finished]").nth(2).waitFor({ timeout: 120_000 });
    await page.locator("[data-group=attention]").waitFor(SOON);
    const moves = await cardMoves(page);
    await page.context().close();
    return moves;
  }

  /** A browser of its own, of somebody of the tenant. */
  async function signedIn(tenant: string, options: PageOptions = {}): Promise<Page> {
    const { page } = await openPage(browser, options);
    await signInByToken(page, api.url, await deployment.token(tenant));
    return page;
  }

  function card(page: Page, title: string, status: string): Locator {
    return page.locator(`[data-status=${status}]`).filter({ hasText: title });
  }

  async function percentOf(page: Page, title: string): Promise<number> {
    const bar = card(page, title, "PROCESSING").getByRole("progressbar");
    return Number(await bar.getAttribute("aria-valuenow"));
  }
});
