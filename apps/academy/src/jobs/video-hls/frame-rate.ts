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

/** A declared rate that is this much above what was counted is a clock, not a rate. */
const CLOCK_ABOVE = 2.5;

/**
 * The declared rate, unless the packets say that it is none: Matroska's may be a millisecond per picture at 30 a second.
 * @param counted packets of the picture, and the seconds that they last.
 */
export function believableRate(declared: Ratio, counted: { packets: number; seconds: number }): Ratio {
  if (counted.packets < 2 || counted.seconds <= 0) return declared;
  const perSecond = counted.packets / counted.seconds;
  if (declared.numerator / declared.denominator <= perSecond * CLOCK_ABOVE) return declared;
  const rate = { numerator: Math.max(1, Math.round(perSecond)), denominator: 1 };
  return outputFrameRate(rate, rate);
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
