import { findChromium } from "@statusplane/test-support";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

/**
 * Debian's Chromium, without its own traffic to the outside.
 * @param options withSound: the sound is played as well, for tests that listen; default: muted.
 */
export async function openBrowser({ withSound = false } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("Chromium is missing: apt-get install chromium");
  const quiet = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
  ];
  return chromium.launch({
    executablePath,
    ...(withSound ? { ignoreDefaultArgs: ["--mute-audio"] } : {}),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      ...quiet,
    ],
  });
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly language?: "ko-KR" | "en-US" | "fr-FR";
  readonly colorScheme?: "light" | "dark";
}

/** A tab of its own session, with its own storage. */
export async function openPage(
  browser: Browser,
  options: PageOptions = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const { width = 1280, height = 800, language = "ko-KR", colorScheme = "light" } = options;
  const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme });
  return { context, page: await context.newPage() };
}

/** Signs the tab in as a demo tenant by the click that a person makes. */
export async function signInAsDemo(page: Page, url: string, tenant: 1 | 2): Promise<void> {
  await page.goto(`${url}/`);
  await page.getByRole("button", { name: tenant === 1 ? /가람학원|Garam/ : /나래학원|Narae/ }).click();
  await page.locator("input[type=file]").waitFor({ state: "attached" });
}

/** Signs the tab in with a token that a person pastes. */
export async function signInByToken(page: Page, url: string, token: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.locator("textarea, input[type=password], input[type=text]").first().fill(token);
  await page.locator("form button[type=submit]").click();
  await page.locator("input[type=file]").waitFor({ state: "attached" });
}

/** Chooses files as a person does. */
export async function upload(page: Page, paths: readonly string[]): Promise<void> {
  await page.locator("input[type=file]").setInputFiles([...paths]);
}
