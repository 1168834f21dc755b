import type { Page } from "playwright-core";
import { openBrowser, openPage, signInAsDemo } from "../../../test/end-to-end/support/browser.ts";
import { playToEnd, readColors, readImageColors, timeFlashes, type Color, type Place } from "./in-page.ts";

export interface PlayWishes {
  /** Whether flashes and beeps are timed: the clip has one of each at every whole second. */
  readonly sync: boolean;
  /** Where the picture's colours are read, as shares of width and height; none: not at all. */
  readonly places: readonly Place[];
}

export interface Played {
  /** What the player says, seconds. */
  readonly durationSeconds: number;
  /** Where it stood still before its end; none: it played through, from the start and from 45 %. */
  readonly stalls: readonly string[];
  /** Median from each flash to the nearest beep, ms; positive: the sound is late. Null without a pair. */
  readonly syncMs: number | null;
  readonly colors: readonly Color[];
}

/** The product's own page and player, in Chromium. */
export interface Player {
  /** Plays the newest video of that title from the history, as a person does. */
  play(title: string, wishes: PlayWishes): Promise<Played>;
  /** The colours of an image, as the page shows it. */
  imageColors(url: string, places: readonly Place[]): Promise<readonly Color[]>;
  close(): Promise<void>;
}

const LISTEN_MS = 6_000;
/** A clip is looked at for its stalls, not for its beauty. */
const FAST = 4;

/** Opens Chromium and signs in as the first demo tenant. @param url of the running program. */
export async function openPlayer(url: string): Promise<Player> {
  const browser = await openBrowser({ withSound: true });
  const { page } = await openPage(browser, { language: "en-US" });
  // tsx names functions by a helper of its own, which functions that are sent into the page miss there.
  await page.addInitScript("globalThis.__name = (named) => named");
  await signInAsDemo(page, url, 1);
  return {
    async play(title, wishes) {
      await openDialog(page, url, title);
      return playIn(page, wishes);
    },
    imageColors: (imageUrl, places) => page.evaluate(readImageColors, { url: imageUrl, places }),
    close: () => browser.close(),
  };
}

async function openDialog(page: Page, url: string, title: string): Promise<void> {
  await page.goto(`${url}/#/history`);
  await page.reload();
  await page.getByRole("button", { name: title }).first().click();
  await page.getByRole("button", { name: `Play ${title}` }).click();
  await page.locator("video").waitFor();
}

async function playIn(page: Page, { sync, places }: PlayWishes): Promise<Played> {
  const video = page.locator("video");
  const colors = await video.evaluate(readColors, places);
  const syncMs = sync ? await video.evaluate(timeFlashes, LISTEN_MS) : null;
  const stalls: string[] = [];
  const play = async (what: string, fromSeconds: number | null): Promise<void> => {
    const stall = await video.evaluate(playToEnd, { fromSeconds, rate: FAST });
    if (stall !== null) stalls.push(`${what} it ${stall}`);
  };
  await play("from the start", null);
  const durationSeconds = await video.evaluate((element) => (element as HTMLVideoElement).duration);
  if (durationSeconds > 1) await play("from 45 %", durationSeconds * 0.45);
  return { durationSeconds, stalls, syncMs: syncMs === null ? null : Math.round(syncMs), colors };
}
