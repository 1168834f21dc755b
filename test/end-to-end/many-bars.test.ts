import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManyBars } from "./support/many-bars.ts";
import type { BrowserTab } from "./support/plain-browser.ts";

/** How long the page's tasks are then, `npm run bench -- bars` measures. */
describe("a page of two hundred bars", () => {
  let bars: ManyBars;
  let tab: BrowserTab;

  beforeAll(async () => {
    bars = await ManyBars.open(200);
    tab = await bars.openPage();
  });
  afterAll(() => bars?.close());

  it("renders the one whose job has changed, whether it is pushed or polled, and no other", async () => {
    await tab.evaluate("bars.renders = {}");
    const changed = ["job-3", "job-197"]; // the first hundred are pushed, the others polled
    for (const id of changed) {
      await bars.write(id);
      await bars.shown(tab, id);
    }
    expect(await tab.evaluate("Object.keys(bars.renders)")).toEqual(changed);
  });

  it("shows the last version of each after many", async () => {
    for (let round = 0; round < 5; round++) await Promise.all(bars.ids.map((id) => bars.write(id)));
    for (const id of bars.ids) await bars.shown(tab, id);
    const counts = await tab.evaluate<number[]>("Object.values(bars.renders)");
    expect(Math.max(...counts)).toBeLessThanOrEqual(6); // a version, a render at most
  });
});
