import { BarMotion, type BarUpdate } from "./bar-motion.ts";

/** How a fill looks at so many percent: what its `style` gets. */
export type PaintBar = (percent: number) => { readonly transform: string } | { readonly width: string };

/** Moves a fill as wide as its track into it: nothing is laid out again, and the browser needs no script for it. */
export const slideIn: PaintBar = (percent) => ({ transform: `translateX(${percent - 100}%)` });

/** Widens a fill inside its track, where the page's own styles go by its width. */
export const widen: PaintBar = (percent) => ({ width: `${percent}%` });

const REDUCED_MOTION = "(prefers-reduced-motion: reduce)";

/**
 * Moves an element, the fill of a progress bar, along its {@link BarMotion}. Each update hands the browser the whole way
 * up to where the bar would come to rest, as one animation: no timer, no script per frame, nothing in a hidden tab. Whoever
 * asked for less motion, and a browser without animations, sees the plain percent.
 */
export class MovingBar {
  readonly #fill: HTMLElement;
  readonly #paint: PaintBar;
  readonly #motion = new BarMotion();
  #animation: Animation | null = null;

  /** @param paint default: {@link slideIn}. */
  constructor(fill: HTMLElement, paint: PaintBar = slideIn) {
    this.#fill = fill;
    this.#paint = paint;
  }

  /** Says what is known of the job now. */
  show(update: BarUpdate): void {
    Object.assign(this.#fill.style, this.#paint(update.percent));
    if (!canAnimate(this.#fill)) return this.stop();
    const before = this.#animation;
    const nowMs = timelineMs();
    const path = this.#motion.show(update, nowMs);
    const durationMs = path.at(-1)?.afterMs ?? 0;
    this.#animation = durationMs === 0 ? null : this.#animate(path, durationMs);
    if (this.#animation !== null) this.#animation.startTime = nowMs;
    before?.cancel();
  }

  /** The plain percent stays; what is shown next is shown at once. */
  stop(): void {
    this.#animation?.cancel();
    this.#animation = null;
    this.#motion.forget();
  }

  #animate(path: ReturnType<BarMotion["show"]>, durationMs: number): Animation {
    const frames = path.map(({ afterMs, percent }) => ({
      ...this.#paint(percent),
      offset: afterMs / durationMs,
    }));
    const animation = this.#fill.animate(frames, {
      duration: durationMs,
      fill: "forwards",
      easing: "linear",
    });
    animation.finished.catch(() => undefined); // cancelled, for the next update has another way
    return animation;
  }
}

function canAnimate(fill: HTMLElement): boolean {
  return typeof fill.animate === "function" && !globalThis.matchMedia(REDUCED_MOTION).matches;
}

/** The clock that animations go by. */
function timelineMs(): number {
  return Number(document.timeline.currentTime ?? 0);
}
