/** Reports closer together than this count as one: a burst is a hop, not a speed. */
const TOGETHER_MS = 100;
/** A number means something after this much work or time was measured, and never before `MIN_MEASURED_MS`. */
const MIN_MEASURED_PERCENT = 2.5;
const MIN_MEASURED_MS = 200;
const ENOUGH_MEASURED_MS = 4_000;
/** A first report that comes later than this tells a speed by itself: what came sooner was there at the start. */
const MIN_LEAD_MS = 500;
/** How much of the past counts: a third of what was measured, within these bounds, and at least four usual gaps. */
const MEMORY_MS = { min: 10_000, max: 120_000 } as const;
const MEMORY_GAPS = 4;
/** A gap of this many usual ones counts no longer than this: what stood still says nothing of the speed afterwards. */
const LONGEST_GAPS = 5;
const GAP_SLACK_MS = 2_000;
/** Nothing heard for this many usual gaps: it is late. For that many, and this long: nobody can tell. */
const LATE_GAPS = 1.5;
const SILENT_GAPS = 6;
const MIN_SILENT_MS = 15_000;
/** Below this nothing is called late. */
const MIN_GAP_MS = 500;

interface Report {
  readonly atMs: number;
  readonly percent: number;
}

/**
 * How long one piece of work (a step, or an attempt without steps) still takes, by its own speed: work over time, both
 * fading exponentially with the time that passed since (the moving average for unevenly spaced observations of Eckner,
 * "Algorithms for Unevenly Spaced Time Series", 2014, as the ratio of two sums, so that it needs no first guess).
 * It is measured between reports, from the first one on: what is there at the start, as after a resume or while a tool
 * warms up, is no speed. Between reports it counts down; past the usual gap it holds, then grows, then says nothing.
 * Times are monotonic milliseconds; one that goes back is taken for no time at all.
 */
export class WorkSpeed {
  readonly #beganAtMs: number;
  readonly #isResumed: boolean;
  #first: Report | null = null;
  /** Up to where it is measured. */
  #measured: Report = { atMs: 0, percent: 0 };
  #newest: Report = { atMs: 0, percent: 0 };
  /** Fading sums. */
  #donePercent = 0;
  #tookMs = 0;
  /** The longest of the lately usual gaps between reports; 0 before there was one. */
  #gapMs = 0;

  /** @param isResumed whether an earlier attempt may have done a part of it, which then is reported at once. */
  constructor(beganAtMs: number, { isResumed = false }: { readonly isResumed?: boolean } = {}) {
    this.#beganAtMs = beganAtMs;
    this.#isResumed = isResumed;
  }

  /** @param percent 0–100; one that is not above all before it tells nothing. */
  heard(percent: number, nowMs: number): void {
    if (percent <= this.#newest.percent) return;
    const report = { atMs: Math.max(nowMs, this.#newest.atMs), percent };
    this.#newest = report;
    if (this.#first === null) {
      this.#first = report;
      this.#measured = report;
    } else if (report.atMs - this.#measured.atMs >= TOGETHER_MS) {
      this.#measure(report);
    }
  }

  /** @returns ms ≥ 0, null while it means nothing. */
  remainingMs(nowMs: number): number | null {
    if (this.#newest.percent >= 100) return 0;
    const speed = this.#speed();
    if (speed === null) return null;
    const restPercent = 100 - this.#newest.percent;
    const sinceMs = Math.max(0, nowMs - this.#newest.atMs);
    const gapMs = Math.max(MIN_GAP_MS, this.#gapMs === 0 ? speed.overMs : this.#gapMs);
    if (sinceMs > Math.max(MIN_SILENT_MS, SILENT_GAPS * gapMs)) return null;
    const lateMs = Math.max(0, sinceMs - LATE_GAPS * gapMs);
    const msPerPercent = (speed.overMs + lateMs) / speed.percent;
    return Math.max(0, restPercent * msPerPercent - (sinceMs - lateMs));
  }

  #measure(report: Report): void {
    const spanMs = report.atMs - this.#measured.atMs;
    const longestMs = this.#gapMs === 0 ? spanMs : LONGEST_GAPS * this.#gapMs + GAP_SLACK_MS;
    const countedMs = Math.min(spanMs, longestMs);
    const measuredMs = this.#measured.atMs - (this.#first?.atMs ?? 0);
    const memoryMs = Math.max(
      Math.min(MEMORY_MS.max, Math.max(MEMORY_MS.min, measuredMs / 3)),
      MEMORY_GAPS * this.#gapMs,
    );
    const kept = Math.exp(-countedMs / memoryMs);
    this.#donePercent = this.#donePercent * kept + report.percent - this.#measured.percent;
    this.#tookMs = this.#tookMs * kept + countedMs;
    this.#gapMs = Math.max(countedMs, this.#gapMs * Math.exp(-countedMs / (MEMORY_GAPS * this.#gapMs || 1)));
    this.#measured = report;
  }

  /** Between reports; till that means something, from the start. */
  #speed(): { readonly percent: number; readonly overMs: number } | null {
    if (this.#first === null) return null;
    const measuredMs = this.#measured.atMs - this.#first.atMs;
    if (meansSomething(this.#measured.percent - this.#first.percent, measuredMs)) {
      return { percent: this.#donePercent, overMs: this.#tookMs };
    }
    const overMs = this.#newest.atMs - this.#beganAtMs;
    if (this.#isResumed || this.#first.atMs - this.#beganAtMs < MIN_LEAD_MS) return null;
    return meansSomething(this.#newest.percent, overMs) ? { percent: this.#newest.percent, overMs } : null;
  }
}

function meansSomething(percent: number, overMs: number): boolean {
  return overMs >= MIN_MEASURED_MS && (percent >= MIN_MEASURED_PERCENT || overMs >= ENOUGH_MEASURED_MS);
}
