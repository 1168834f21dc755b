/** What a bar is told of its job. */
export interface BarUpdate {
  /** 0–100; 100 is the end. Lower than before: another attempt. */
  readonly percent: number;
  /** Whole seconds, undefined while unknown. */
  readonly remainingSeconds?: number | undefined;
  /** Whether the job is at work: a bar whose job says nothing any more stands. */
  readonly isMoving: boolean;
}

/** A place that the bar reaches, so many ms after the path begins. */
export interface BarPlace {
  readonly afterMs: number;
  readonly percent: number;
}

/** Percent per ms that a bar moves at most: a bar that jumps says nothing of how long it will take. */
const MAX_SPEED = 0.015;
/** A bar behind its job makes that up in about this time. */
const CATCH_UP_MS = 800;
/** One before its job goes on at this share of the job's speed until it is overtaken. */
const AHEAD_SHARE = 0.25;
/** Percent per ms of a job at work whose speed nobody knows yet. */
const UNKNOWN_SPEED = 0.0005;
/** Percent that the bar may be before what is known: twice the whole percent that is told, more where hops are larger. */
const LEAD = { least: 2, perHop: 1.5, aheadMs: 6_000, mostByTime: 5, most: 15 } as const;
/** Running, a bar comes no further. */
const MAX_RUNNING = 99.5;
/** From here the end is reached at once. */
const END_FROM = 97;
/** How finely a path is told: steps of so many ms, up to so many ms from its begin. */
const GRAIN = [
  { stepMs: 200, untilMs: 3_000 },
  { stepMs: 1_000, untilMs: 12_000 },
  { stepMs: 6_000, untilMs: 60_000 },
  { stepMs: 60_000, untilMs: 600_000 },
] as const;
/** How many changes of percent tell the speed where no remaining time does. */
const REMEMBERED = 5;

interface Heard {
  readonly atMs: number;
  readonly percent: number;
}

/**
 * Where a progress bar stands between two updates: it goes on at the job's own speed (what is left by the remaining time,
 * or what the last changes took), a little slower the further it is before what is known, and makes up smoothly what it
 * lags behind. It never goes back, but for another attempt; it is full at the end alone. A phase-locked loop: the speed is
 * the estimate, the error that updates show is its correction. Times are ms of one clock that never goes back.
 */
export class BarMotion {
  #pathBeganAtMs = 0;
  #path: readonly BarPlace[] = [];
  /** The last changes of percent, oldest first. */
  #changes: readonly Heard[] = [];

  /** Plans the way from where the bar is. @returns the path; its last place holds. */
  show(update: BarUpdate, nowMs: number): readonly BarPlace[] {
    const last = this.#changes.at(-1);
    const isNew = last === undefined || update.percent < last.percent;
    const from = isNew ? update.percent : this.at(nowMs);
    if (isNew) this.#changes = [];
    if (update.percent !== this.#changes.at(-1)?.percent) {
      this.#changes = [...this.#changes, { atMs: nowMs, percent: update.percent }].slice(-REMEMBERED);
    }
    this.#path = update.percent >= 100 ? pathToEnd(from) : this.#pathOf(update, from, nowMs);
    this.#pathBeganAtMs = nowMs;
    return this.#path;
  }

  /** Nothing is known of the job any more: what comes next is shown at once. */
  forget(): void {
    this.#changes = [];
    this.#path = [];
  }

  /** Percent at this time; 0 before anything was shown. */
  at(nowMs: number): number {
    const afterMs = nowMs - this.#pathBeganAtMs;
    const next = this.#path.findIndex((place) => place.afterMs > afterMs);
    const after = this.#path[next];
    const before = this.#path[next - 1];
    if (after === undefined) return this.#path.at(-1)?.percent ?? 0;
    if (before === undefined) return after.percent;
    const share = (afterMs - before.afterMs) / (after.afterMs - before.afterMs);
    return before.percent + share * (after.percent - before.percent);
  }

  #pathOf(update: BarUpdate, from: number, nowMs: number): readonly BarPlace[] {
    const target = this.#targetOf(update, nowMs);
    const path: BarPlace[] = [{ afterMs: 0, percent: from }];
    let [afterMs, percent] = [0, from];
    for (const { stepMs, untilMs } of GRAIN) {
      for (; afterMs < untilMs; afterMs += stepMs) {
        const job = target(afterMs + stepMs);
        const jobMoves = job - target(afterMs);
        const share = 1 - Math.exp(-stepMs / CATCH_UP_MS);
        const wanted = job > percent + jobMoves ? jobMoves + (job - jobMoves - percent) * share : 0;
        const moves = Math.max(wanted, jobMoves * AHEAD_SHARE);
        percent = Math.min(percent + Math.min(moves, MAX_SPEED * stepMs), Math.max(from, MAX_RUNNING));
        path.push({ afterMs: afterMs + stepMs, percent });
      }
    }
    return path;
  }

  /** Where the job is thought to be, by ms from now. */
  #targetOf(update: BarUpdate, nowMs: number): (afterMs: number) => number {
    const { percent, isMoving } = update;
    if (!isMoving) return () => percent;
    const speed = this.#speedOf(update);
    const sinceMs = nowMs - (this.#changes.at(-1)?.atMs ?? nowMs);
    const byTime = Math.min(LEAD.mostByTime, speed * LEAD.aheadMs);
    const lead = Math.min(LEAD.most, Math.max(LEAD.least, byTime, this.#largestHop() * LEAD.perHop));
    const most = Math.max(0, Math.min(lead, MAX_RUNNING - percent));
    if (most === 0) return () => percent;
    return (afterMs) => {
      const run = speed * (sinceMs + afterMs);
      return percent + (most * run) / (most + run);
    };
  }

  #speedOf({ percent, remainingSeconds }: BarUpdate): number {
    if (remainingSeconds !== undefined && remainingSeconds > 0) {
      return (100 - percent) / (remainingSeconds * 1_000);
    }
    const first = this.#changes[0];
    const last = this.#changes.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return UNKNOWN_SPEED;
    return (last.percent - first.percent) / (last.atMs - first.atMs);
  }

  #largestHop(): number {
    const hops = this.#changes
      .slice(1)
      .map(({ percent }, index) => percent - (this.#changes[index]?.percent ?? 0));
    return Math.max(0, ...hops);
  }
}

/** As fast as a bar moves, and the last part at once. */
function pathToEnd(from: number): readonly BarPlace[] {
  if (from >= END_FROM) return [{ afterMs: 0, percent: 100 }];
  const afterMs = (END_FROM - from) / MAX_SPEED;
  return [
    { afterMs: 0, percent: from },
    { afterMs, percent: END_FROM },
    { afterMs, percent: 100 },
  ];
}
