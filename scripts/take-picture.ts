/**
 * Takes the pictures of the documentation from the running program: `npm run picture`. Starts the built product on the
 * embedded default, drops in a lecture video and a workbook, and photographs the page while both move.
 */
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "@statusplane/test-support";
import { openBrowser, openPage, signInAsDemo, upload } from "../test/end-to-end/support/browser.ts";
import { makeVideo, makeWorkbook } from "../test/end-to-end/support/inputs.ts";
import { rename } from "node:fs/promises";

const IMAGES = "docs/images";
const folder = await mkdtemp(join(tmpdir(), "statusplane-picture-"));
const program = await startProgram({ env: { DATA_DIR: join(folder, "data") } });
const browser = await openBrowser();
try {
  mkdirSync(IMAGES, { recursive: true });
  const { page } = await openPage(browser, { width: 1280, height: 820 });
  await signInAsDemo(page, program.url, 1);
  const short = await named(await makeVideo(folder, { seconds: 4, size: "640x360" }), "오리엔테이션.mp4");
  const list = await named(
    await makeWorkbook(folder, { rows: 500, isBad: (index) => index % 100 === 0 }),
    "3월 신입생.xlsx",
  );
  await upload(page, [short, list]);
  await page.locator('[data-status="READY"]').waitFor({ timeout: 120_000 });
  await page.locator('[data-status="DONE"]').waitFor({ timeout: 120_000 });
  const lecture = await named(
    await makeVideo(folder, { seconds: 60, size: "1280x720" }),
    "1강 함수의 극한.mp4",
  );
  const next = await named(await makeVideo(folder, { seconds: 30, size: "640x360" }), "2강 미분계수.mp4");
  await upload(page, [lecture, next]);
  await page
    .locator('[data-status="PROCESSING"] [role=progressbar][aria-valuenow]')
    .and(page.locator(':not([aria-valuenow="0"])'))
    .first()
    .waitFor({ timeout: 120_000 });
  await page.waitForFunction(
    () =>
      Number(
        document
          .querySelector('[data-status="PROCESSING"] [role=progressbar]')
          ?.getAttribute("aria-valuenow"),
      ) >= 25,
    undefined,
    { timeout: 180_000 },
  );
  await page.screenshot({ path: join(IMAGES, "page.png") });
  console.log(`${IMAGES}/page.png`);
} finally {
  await browser.close();
  await program.stop();
  await rm(folder, { recursive: true, force: true });
}

async function named(path: string, name: string): Promise<string> {
  const target = join(folder, name);
  await rename(path, target);
  return target;
}
