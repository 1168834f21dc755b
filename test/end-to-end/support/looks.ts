import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** What a progress bar's parts really show: used values, which high contrast and reduced motion change. */
export interface BarLook {
  readonly trackColour: string;
  readonly frame: string;
  readonly fillColour: string;
  readonly fillPicture: string;
  /** Of the track's length, 0–1. */
  readonly filled: number;
}

export function barLook(bar: Locator): Promise<BarLook> {
  return bar.evaluate((track) => {
    const fill = track.firstElementChild;
    if (fill === null) throw new Error("the bar is empty");
    const [outer, inner] = [getComputedStyle(track), getComputedStyle(fill)];
    return {
      trackColour: outer.backgroundColor,
      frame: `${outer.borderTopStyle} ${outer.borderTopColor}`,
      fillColour: inner.backgroundColor,
      fillPicture: inner.backgroundImage,
      filled: fill.getBoundingClientRect().width / track.clientWidth,
    };
  });
}

/** A used colour of each element. */
export function colours(
  elements: Locator,
  property: "backgroundColor" | "borderBottomColor",
): Promise<readonly string[]> {
  return elements.evaluateAll((all, name) => all.map((each) => getComputedStyle(each)[name]), property);
}

/** Drops files on a point of the page as the system would: what is not caught, the browser opens. */
export async function dropFiles(page: Page, files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 200, y: 300, data });
  }
  await session.detach();
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Nothing that axe finds, and nothing to scroll sideways. */
export async function expectSound(page: Page): Promise<void> {
  await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate(async () => {
    const axe = (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe;
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
  });
  expect(found).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBeLessThanOrEqual(0);
}
