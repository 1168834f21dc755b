/** A positive fraction, as ffmpeg writes frame rates and pixel shapes: 30000/1001. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

const MAX_OUTPUT_RATE = 60;
/** A picture that lasts for seconds leaves segments without one, and players stand still in between. */
const MIN_OUTPUT_RATE = 10;
/** For files that say nothing sensible about their rate, or whose rate varies. */
const USUAL_RATE: Ratio = { numerator: 30, denominator: 1 };
/** The base rate of a steady recording is about its average; beyond this the recording's rate varies. */
const STEADY_UP_TO = 1.5;

/** Null for "0/0" and everything else that is not a positive fraction. */
export function parseRatio(text: string | undefined): Ratio | null {
  const match = /^(\d+)\/(\d+)$/.exec(text ?? "");
  const [numerator, denominator] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : null;
}

/**
 * The constant rate that renditions get. Steady sources keep theirs, halved until it is 60 at most, or multiplied to be 10
 * at least; sources of varying rate (screen recordings, browsers' own) get their base rate up to 30: theirs may be a
 * clock of 1000 per second.
 */
export function outputFrameRate(average: Ratio | null, base: Ratio | null): Ratio {
  const own = base ?? average ?? USUAL_RATE;
  const perSecond = ({ numerator, denominator }: Ratio) => numerator / denominator;
  const steady = average === null || base === null || perSecond(base) <= perSecond(average) * STEADY_UP_TO;
  if (!steady && average !== null) {
    if (perSecond(average) <= perSecond(USUAL_RATE))
      return perSecond(own) < perSecond(USUAL_RATE) ? bounded(own) : USUAL_RATE;
    return perSecond(average) <= MAX_OUTPUT_RATE
      ? { numerator: Math.ceil(perSecond(average)), denominator: 1 }
      : bounded(average);
  }
  return bounded(own);

  function bounded(rate: Ratio): Ratio {
    let { numerator, denominator } = rate;
    if (perSecond(rate) < MIN_OUTPUT_RATE) numerator *= Math.ceil(MIN_OUTPUT_RATE / perSecond(rate));
    while (numerator / denominator > MAX_OUTPUT_RATE) denominator *= 2;
    return { numerator, denominator };
  }
}
