import type { JobProgressBody } from "@statusplane/core/wire";
import { eventually, withClient, type RunningProgram } from "@statusplane/test-support";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textOf } from "../../apps/academy/src/jobs/ocr/page-reading.ts";
import { readPages } from "../../apps/academy/src/jobs/ocr/reader/read-pages.ts";
import type { Api, SubmittedBody } from "./support/api.ts";
import { openBrowser, openPage, signInByToken, upload } from "./support/browser.ts";
import { API_ROLE, Deployment, WORKER_ROLE } from "./support/deployment.ts";
import { DOCUMENT_LINES, makeDocument, makeScans, SCANNED_PAGES } from "./support/inputs.ts";
import { expectSound } from "./support/looks.ts";
import { isHousekeeping, StatementMark } from "./support/statements.ts";

/** Signs of life come so often that a page takes many of them; what is lost is lost as late as ever. */
const TIMINGS = JSON.stringify({ heartbeatMs: 300, renewEveryMs: 500, requestDeadlineMs: 10_000 });

/** Scans that are read by the real engine, in processes of their own, and looked at in Chromium. */
describe("a scanned document", () => {
  let deployment: Deployment;
  let program: RunningProgram;
  let api: Api;
  let browser: Browser;

  beforeAll(async () => {
    deployment = await Deployment.open();
    program = await deployment.start("api", { DEMO: "0", TIMINGS });
    await deployment.start("worker", { TIMINGS });
    api = await deployment.api(program, "7");
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await deployment?.close();
  });

  it("is followed page by page, then seen with its lines over it, searched, copied and taken along, without a statement", async () => {
    const { page, context } = await openPage(browser);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await signInByToken(page, program.url, api.token);
    const seen = await textsOfCards(page);
    await upload(page, [await makeScans(deployment.folder)]);
    const card = page.locator("[data-status=DONE]");
    await card.waitFor({ timeout: 120_000 });
    expect(await seen()).toContainEqual(
      expect.stringMatching(/글자 읽기[^]*2쪽 중 1쪽 읽음 · 도서관 이용 안내/),
    );
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE, WORKER_ROLE]);

    await card.getByRole("button", { expanded: false }).click();
    await card.getByRole("button", { name: "원본과 함께 보기" }).click();
    const dialog = page.getByRole("dialog");
    const boxes = dialog.locator("img + span, img ~ span");
    const lines = dialog.getByRole("listitem");
    await dialog.getByRole("img", { name: "1쪽의 그림" }).waitFor();
    expect(await lines.allInnerTexts()).toEqual(SCANNED_PAGES[0]);
    expect(await boxes.count()).toBe(SCANNED_PAGES[0]?.length);
    await expectSound(page);
    await dialog.getByRole("button", { name: "글자 복사" }).click();
    await dialog.getByText("복사했습니다.").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(SCANNED_PAGES[0]?.join("\n"));

    await dialog.getByRole("searchbox").fill("yearly BUDGET".normalize("NFD"));
    await dialog.getByText("1곳").waitFor();
    await page.keyboard.press("Enter");
    await dialog.getByRole("img", { name: "2쪽의 그림" }).waitFor();
    const plain = { frame: "solid", isFilled: false };
    expect(await looksOf(boxes)).toMatchObject([
      plain,
      { ...plain, isFilled: true },
      plain,
      { frame: "dashed" },
    ]);
    const told = { underline: "none", isFilled: false };
    expect(await looksOf(lines)).toMatchObject([
      told,
      { ...told, isFilled: true },
      told,
      { underline: "underline" },
    ]);
    expect(await lines.nth(3).innerText()).toMatch(/확인 필요$/);
    await dialog.getByRole("button", { name: "닫기" }).click();

    const text = await download(page, card.getByRole("button", { name: "텍스트 다운로드" }));
    expect((await readFile(text, "utf8")).split("\f")[0]?.trim()).toBe(SCANNED_PAGES[0]?.join("\n"));
    const pdf = await download(page, card.getByRole("button", { name: "검색되는 PDF 다운로드" }));
    expect((await textInside(pdf))[0]).toBe(SCANNED_PAGES[0]?.join("\n"));
    expect((await mark.since()).filter((each) => !isHousekeeping(each))).toEqual([]);
    await context.close();
  });

  it("keeps its name, whatever it is written in", async () => {
    const text = await makeDocument(deployment.folder);
    const names: readonly (readonly [sent: string, shown: string])[] = [
      ["학부모 안내문 (최종).pdf".normalize("NFD"), "학부모 안내문 (최종).pdf"],
      ["إعلان للآباء.pdf", "إعلان للآباء.pdf"],
      ["안내\u202efdp.exe.pdf", "안내fdp.exe.pdf"],
      [`${"가".repeat(240)}.pdf`, "가".repeat(200)],
    ];
    for (const [sent, shown] of names) {
      const submitted = await api.submitDocument(text, sent);
      expect(await api.ended(submitted)).toMatchObject({ status: "DONE", title: shown });
      const page = `/api/v1/jobs/${submitted.job_id}/pages/1/`;
      expect((await api.call(page)).body).toMatchObject({
        lines: DOCUMENT_LINES.map((line) => ({ text: line })),
      });
    }
  });

  it("shows signs of life in the middle of a page, and is cancelled there: what reads it ends at once", async () => {
    const submitted = await api.submitDocument(await makeScans(deployment.folder, { fullPages: 20 }));
    let [last, lease] = await inAPage(submitted);
    await eventually(
      "a sign of life, and nothing else",
      async () => {
        const [now, until] = await inAPage(submitted);
        const isSamePlace = now.progress?.percent === last.progress?.percent;
        if (
          isSamePlace &&
          Date.parse(now.updated_at ?? "") > Date.parse(last.updated_at ?? "") &&
          until > lease
        )
          return true;
        if (!isSamePlace) [last, lease] = [now, until];
        return false;
      },
      120_000,
    );
    expect((await readersOn(deployment.folder)).length).toBeGreaterThan(0);
    const { status } = await api.call(`/api/v1/jobs/${submitted.job_id}/cancel/`, { method: "POST" });
    expect(status).toBe(202);
    expect(await api.ended(submitted)).toMatchObject({ status: "CANCELLED", attempt: 1 });
    expect(await readersOn(deployment.folder)).toEqual([]);
  });

  /** Its snapshot while a page is recognised, and until when it is leased, ms. */
  async function inAPage({ job_id: id = "" }: SubmittedBody): Promise<readonly [JobProgressBody, number]> {
    const body = await eventually(
      `${id} is in the middle of a page`,
      async () => {
        const { body: now } = await api.jobProgress(id);
        if (now.status === "DONE" || now.status === "FAILED") throw new Error(`it has ended: ${now.status}`);
        return now.progress?.step_key === "read" && (now.progress.step_percent ?? 0) > 0 ? now : null;
      },
      120_000,
    );
    return [body, await leaseOf(id)];
  }

  async function leaseOf(id: string): Promise<number> {
    return withClient(deployment.databaseUrl, async (client) => {
      const { rows } = await client.query<{ until: Date }>(
        "SELECT lease_until AS until FROM statusplane.job WHERE tenant_id = '7' AND kind = 'job' AND id = $1",
        [id],
      );
      return rows[0]?.until.getTime() ?? 0;
    });
  }
});

/** Pids of processes that were told to work below a folder: readers of documents, what confines them, engines. */
async function readersOn(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => lines[index]?.includes(folder));
}

interface Look {
  readonly frame: string;
  readonly underline: string;
  readonly isFilled: boolean;
}

function looksOf(elements: Locator): Promise<readonly Look[]> {
  return elements.evaluateAll((all) =>
    all.map((each) => {
      const { borderTopStyle, textDecorationLine, backgroundColor } = getComputedStyle(each);
      const isFilled = backgroundColor !== "rgba(0, 0, 0, 0)";
      return { frame: borderTopStyle, underline: textDecorationLine, isFilled };
    }),
  );
}

/** Where the browser has put it. */
async function download(page: Page, button: Locator): Promise<string> {
  const [started] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return started.path();
}

/** What a PDF itself holds, page by page: nothing is recognised. */
async function textInside(path: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-pdf-"));
  const pages: string[] = [];
  const order = { path, folder, tesseract: null, heifConvert: null, recognises: false, done: [] };
  await readPages(order, (message) => {
    if (message.type === "page") pages.push(textOf(message.reading));
  });
  await rm(folder, { recursive: true });
  return pages;
}

/** Keeps what cards have said, however shortly. */
async function textsOfCards(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(() => {
    const seen = new Set<string>();
    const look = (): void => {
      for (const card of document.querySelectorAll<HTMLElement>("[data-status]")) seen.add(card.innerText);
    };
    new MutationObserver(look).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    Object.assign(globalThis, { textsSeen: seen });
  });
  return () => page.evaluate(() => [...(globalThis as unknown as { textsSeen: Set<string> }).textsSeen]);
}
