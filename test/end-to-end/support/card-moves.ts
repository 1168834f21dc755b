import type { Page } from "playwright-core";

/** What a person saw the tray's cards do. */
export interface CardMoves {
  /** The sum of all layout shifts that no input of a person had brought about. */
  readonly layoutShift: number;
  /** px that each card moved when its upload became a job. */
  readonly movedAtSubmit: readonly number[];
  /** px by which an uploading or running card was at most below the screen's end where it came to rest; negative: none was. */
  readonly belowScreen: number;
}

declare global {
  interface Window {
    /** Set by {@link recordCardMoves}. */
    cardMoves?: { layoutShift: number; movedAtSubmit: number[]; belowScreen: number };
  }
}

/** Looks at each frame from now on. */
export async function recordCardMoves(page: Page): Promise<void> {
  await page.evaluate(() => {
    const moves = { layoutShift: 0, movedAtSubmit: [] as number[], belowScreen: -Infinity };
    window.cardMoves = moves;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        readonly value: number;
        readonly hadRecentInput: boolean;
      })[]) {
        if (!entry.hadRecentInput) moves.layoutShift += entry.value;
      }
    }).observe({ type: "layout-shift" });
    const uploads = new Map<Element, number>();
    const look = (): void => {
      for (const card of document.querySelectorAll<HTMLElement>("[data-group]")) {
        const { top, bottom } = card.getBoundingClientRect();
        const before = uploads.get(card);
        const isJob = card.dataset["ref"] !== undefined;
        if (isJob && before !== undefined) {
          uploads.delete(card);
          moves.movedAtSubmit.push(Math.round(Math.abs(top - before)));
        } else if (!isJob) uploads.set(card, top);
        if (card.dataset["group"] === "uploading" || card.dataset["group"] === "running") {
          const slid = new DOMMatrix(getComputedStyle(card).transform).m42;
          moves.belowScreen = Math.max(moves.belowScreen, Math.round(bottom - slid - window.innerHeight));
        }
      }
      requestAnimationFrame(look);
    };
    look();
  });
}

export function cardMoves(page: Page): Promise<CardMoves> {
  return page.evaluate(() => {
    if (window.cardMoves === undefined) throw new Error("nothing was recorded");
    return window.cardMoves;
  });
}
