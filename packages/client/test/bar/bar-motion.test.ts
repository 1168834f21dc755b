import { getPollInterval, withPollJitter } from "@statusplane/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BarMotion } from "../../src/bar/bar-motion.ts";

const SAMPLE_MS = 100;

interface Watched {
  readonly totalMs: number;
  /** Percent of the hops that the job reports in. */
  readonly hop: number;
  readonly tellsTime: boolean;
  /** From one update to the next, by the ms since the job began. */
  readonly nextMs: (atMs: number) => number;
}

/** The bar of a job of constant speed, sampled until it is full. */
function watch({ totalMs, hop, tellsTime, nextMs }: Watched): readonly number[] {
  const motion = new BarMotion();
  const samples: number[] = [];
  let nextAtMs = 0;
  for (let atMs = 0; samples.at(-1) !== 100; atMs += SAMPLE_MS) {
    if (atMs >= nextAtMs && samples.at(-1) !== 100) {
      nextAtMs = atMs + nextMs(atMs);
      const done = Math.floor(((atMs / totalMs) * 100) / hop) * hop;
      const remainingSeconds =
        tellsTime && done >= 3 ? Math.max(1, Math.ceil((totalMs - atMs) / 1_000)) : undefined;
      const isEnded = atMs >= totalMs;
      motion.show(
        {
          percent: isEnded ? 100 : Math.min(99, Math.max(1, Math.floor(done))),
          remainingSeconds,
          isMoving: !isEnded,
        },
        atMs,
      );
      if (isEnded) nextAtMs = Infinity;
    }
    samples.push(motion.at(atMs));
  }
  return samples;
}

const hopsOf = (samples: readonly number[]): readonly number[] =>
  samples.slice(1).map((percent, index) => percent - (samples[index] ?? 0));

/** The longest time without a move, while the job moved. */
function standstillMs(samples: readonly number[], totalMs: number): number {
  let [longest, since] = [0, 0];
  hopsOf(samples.slice(0, Math.ceil(totalMs / SAMPLE_MS))).forEach((hop) => {
    since = hop > 1e-5 ? 0 : since + SAMPLE_MS;
    longest = Math.max(longest, since);
  });
  return longest;
}

const polled = (random: number) => (atMs: number) => withPollJitter(getPollInterval(atMs / 1_000), random);
const pushed = () => 250;

const watched = fc
  .record({
    seconds: fc.integer({ min: 3, max: 3_600 }),
    hop: fc.constantFrom(0.1, 1, 5, 10),
    tellsTime: fc.boolean(),
    jitter: fc.double({ min: 0, max: 0.99, noNaN: true }),
    isPushed: fc.boolean(),
  })
  .map(({ seconds, hop, tellsTime, jitter, isPushed }): Watched => ({
    ...{ totalMs: seconds * 1_000, hop, tellsTime },
    nextMs: isPushed ? pushed : polled(jitter),
  }));

describe("the bar between updates", () => {
  it("never goes back, hops by 2 % at most but for the end, which begins at 95 % or later, and is full only then", () => {
    fc.assert(
      fc.property(watched, (job) => {
        const samples = watch(job);
        const hops = hopsOf(samples);
        expect(Math.min(...hops)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...hops.slice(0, -1))).toBeLessThanOrEqual(2);
        expect(samples.at(-2)).toBeGreaterThanOrEqual(95);
        expect(samples.findIndex((percent) => percent >= 100) * SAMPLE_MS).toBeGreaterThanOrEqual(
          job.totalMs,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("stands no longer than 1.5 s while its job moves", () => {
    const steady = watched.filter(({ hop, tellsTime }) => hop <= 1 || tellsTime);
    fc.assert(
      fc.property(steady, (job) => {
        expect(standstillMs(watch(job), job.totalMs)).toBeLessThanOrEqual(1_500);
      }),
      { numRuns: 60 },
    );
  });

  it("is where its job is, however seldom that is asked", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 3_600 }), fc.boolean(), (seconds, tellsTime) => {
        const totalMs = seconds * 1_000;
        const samples = watch({ totalMs, hop: 0.1, tellsTime, nextMs: polled(0.5) });
        const off = samples
          .slice(50, totalMs / SAMPLE_MS)
          .map((percent, index) => percent - ((index + 50) * SAMPLE_MS * 100) / totalMs);
        expect(Math.max(...off)).toBeLessThanOrEqual(5);
        expect(Math.min(...off)).toBeGreaterThanOrEqual(-5);
      }),
      { numRuns: 30 },
    );
  });

  it("comes to rest a little before what is known when nothing more is heard", () => {
    const motion = new BarMotion();
    motion.show({ percent: 40, remainingSeconds: 10, isMoving: true }, 0);
    expect(motion.at(600_000)).toBeLessThanOrEqual(45);
    expect(motion.at(3_600_000)).toBe(motion.at(600_000));
  });

  it("stands where it is while its job says nothing, and makes up what it lags behind", () => {
    const motion = new BarMotion();
    motion.show({ percent: 40, isMoving: true }, 0);
    motion.show({ percent: 50, isMoving: false }, 1_000);
    expect(motion.at(10_000)).toBeCloseTo(50, 1);
    expect(motion.at(60_000)).toBeLessThanOrEqual(50);
  });

  it("shows at once what it sees first, and another attempt", () => {
    const motion = new BarMotion();
    motion.show({ percent: 60, isMoving: true }, 0);
    expect(motion.at(0)).toBe(60);
    motion.show({ percent: 1, isMoving: true }, 5_000);
    expect(motion.at(5_000)).toBe(1);
    expect(new BarMotion().show({ percent: 100, isMoving: false }, 0)).toEqual([
      { afterMs: 0, percent: 100 },
    ]);
  });
});
