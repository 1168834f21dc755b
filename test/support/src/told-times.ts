/** What a job says of itself at a time: that a step begins, or how far the step of now is. */
export type Said =
  { readonly atMs: number; readonly step: string } | { readonly atMs: number; readonly percent: number };

/** As much of a progress meter as a played job needs; times are ms from the job's start. */
export interface PlayedMeter {
  step(key: string, nowMs: number): unknown;
  progress(percent: number, nowMs: number): void;
  read(nowMs: number): { readonly percent: number; readonly remainingSeconds: number | null };
}

/** What a meter told at a time. */
export interface Told {
  readonly atMs: number;
  readonly percent: number;
  readonly seconds: number | null;
}

const READ_EVERY_MS = 250;

/** Tells a meter what a job says, without waiting, and reads it as often as a worker writes. @param said in order of time. */
export function playJob(said: readonly Said[], totalMs: number, meter: PlayedMeter): readonly Told[] {
  const told: Told[] = [];
  let next = 0;
  for (let atMs = READ_EVERY_MS; atMs < totalMs; atMs += READ_EVERY_MS) {
    for (; (said[next]?.atMs ?? Infinity) <= atMs; next++) tell(meter, said[next]);
    const { percent, remainingSeconds } = meter.read(atMs);
    told.push({ atMs, percent, seconds: remainingSeconds });
  }
  return told;
}

function tell(meter: PlayedMeter, said: Said | undefined): void {
  if (said === undefined) return;
  if ("step" in said) meter.step(said.step, said.atMs);
  else meter.progress(said.percent, said.atMs);
}

export interface ToldWorth {
  /** Of the time from 15 % or 10 s on: how much of it a number was shown, 0–1. */
  readonly shownShare: number;
  /** After the first quarter: how far off, of what was left; a second, the unit that is told, counts as right. */
  readonly worstError: number;
  /** From one number to the next, as a share of the first; a second more counts as none. */
  readonly largestRise: number;
}

const SHOWN_FROM = { share: 0.15, ms: 10_000 } as const;

/** How true what was told turned out to be. */
export function judgeTold(told: readonly Told[], totalMs: number): ToldWorth {
  const from = Math.min(SHOWN_FROM.share * totalMs, SHOWN_FROM.ms);
  const wanted = told.filter(({ atMs }) => atMs >= from);
  const shown = told.filter((each): each is Told & { seconds: number } => each.seconds !== null);
  const errors = shown
    .filter(({ atMs }) => atMs >= totalMs / 4)
    .map(({ atMs, seconds }) => {
      const leftSeconds = (totalMs - atMs) / 1_000;
      return Math.max(0, Math.abs(seconds - leftSeconds) - 1) / leftSeconds;
    });
  const rises = shown.slice(1).map(({ seconds }, index) => {
    const before = shown[index]?.seconds ?? seconds;
    return seconds > before + 1 ? seconds / before - 1 : 0;
  });
  return {
    shownShare: wanted.filter(({ seconds }) => seconds !== null).length / Math.max(1, wanted.length),
    worstError: Math.max(0, ...errors),
    largestRise: Math.max(0, ...rises),
  };
}
