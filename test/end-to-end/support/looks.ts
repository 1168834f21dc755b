import type { Locator, Page } from "playwright-core";

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
