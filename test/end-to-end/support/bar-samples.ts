import type { Page } from "playwright-core";

/** What a bar showed at a time. */
export interface BarSample {
  /** The tab's own clock, ms. */
  readonly atMs: number;
  /** Where the fill is drawn, 0–100. */
  readonly percent: number;
  /** What is said of it. */
  readonly told: number;
  /** Of the bar's card. */
  readonly status: string;
  readonly isAnimated: boolean;
}

/** Looks at the first bar that has a percent, every 100 ms, until it is full or `untilMs` is over. */
export function sampleBar(page: Page, untilMs: number): Promise<readonly BarSample[]> {
  return page.evaluate(
    (endMs) =>
      new Promise<BarSample[]>((resolve) => {
        const samples: BarSample[] = [];
        const timer = setInterval(() => {
          const bar = document.querySelector("[data-status] [role=progressbar][aria-valuenow]");
          const fill = bar?.firstElementChild;
          if (bar && fill) {
            const percent =
              100 + (new DOMMatrix(getComputedStyle(fill).transform).m41 / bar.clientWidth) * 100;
            samples.push({
              ...{ atMs: performance.now(), percent, told: Number(bar.ariaValueNow) },
              status: bar.closest<HTMLElement>("[data-status]")?.dataset["status"] ?? "",
              isAnimated: fill.getAnimations().length > 0,
            });
            if (percent >= 99.999) resolve(samples);
          }
          if (performance.now() < endMs && (samples.at(-1)?.percent ?? 0) < 99.999) return;
          clearInterval(timer);
          resolve(samples);
        }, 100);
      }),
    untilMs,
  );
}

export interface BarMovement {
  /** Percent per 100 ms, the last hop left out. */
  readonly largestHop: number;
  readonly largestStepBack: number;
  /** While the job was at work. */
  readonly longestStandstillMs: number;
  /** Where the bar was before it was full. */
  readonly lastHopFrom: number;
}

/** How a bar moved. */
export function movementOf(samples: readonly BarSample[]): BarMovement {
  const hops = samples.slice(1).map((now, index) => {
    const before = samples[index] ?? now;
    return { ...now, hop: now.percent - before.percent, spanMs: now.atMs - before.atMs };
  });
  let [longestStandstillMs, standsMs] = [0, 0];
  for (const { hop, spanMs, status } of hops) {
    standsMs = hop > 1e-4 || status !== "PROCESSING" ? 0 : standsMs + spanMs;
    longestStandstillMs = Math.max(longestStandstillMs, standsMs);
  }
  const but = hops.slice(0, -1);
  return {
    largestHop: Math.max(...but.map(({ hop, spanMs }) => (hop / Math.max(100, spanMs)) * 100)),
    largestStepBack: Math.max(0, ...hops.map(({ hop }) => -hop)),
    longestStandstillMs,
    lastHopFrom: samples.at(-2)?.percent ?? 0,
  };
}
