import { judgeTold, playJob, type Said, type Told } from "@statusplane/test-support";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProgressMeter } from "../../src/reporter/progress-meter.ts";

type Weights = Readonly<Record<string, number>>;

interface Played {
  readonly weights: Weights;
  readonly said: readonly Said[];
  readonly totalMs: number;
  readonly isResumed?: boolean;
}

function play({ weights, said, totalMs, isResumed = false }: Played): readonly Told[] {
  const steps = Object.entries(weights).map(([key, weight]) => ({
    key,
    weight,
    label: { ko: key, en: key },
  }));
  return playJob(said, totalMs, new ProgressMeter(steps, { startedAtMs: 0, isResumed }));
}

const numbers = (told: readonly Told[]): readonly number[] =>
  told.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));

/** Constant speed from one percent to 100. */
function evenly(fromMs: number, toMs: number, everyMs: number, fromPercent = 0): readonly Said[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / everyMs) }, (_, index) => {
    const share = ((index + 1) * everyMs) / (toMs - fromMs);
    return { atMs: fromMs + (index + 1) * everyMs, percent: fromPercent + share * (100 - fromPercent) };
  });
}

const VIDEO: Weights = { probe: 3, encode: 92, poster: 3, publish: 2 };

/** A job whose one long step has constant speed; what is before and after it takes its moment. */
const constantJob = fc
  .record({
    seconds: fc.integer({ min: 10, max: 4_000 }),
    everyShare: fc.double({ min: 0, max: 0.08, noNaN: true }),
    openMs: fc.integer({ min: 0, max: 400 }),
    warmUpMs: fc.integer({ min: 0, max: 600 }),
    tidyMs: fc.integer({ min: 0, max: 300 }),
  })
  .map(({ seconds, everyShare, openMs, warmUpMs, tidyMs }): Played => {
    const totalMs = seconds * 1_000;
    const [fromMs, toMs] = [openMs + warmUpMs, totalMs - tidyMs];
    const everyMs = Math.max(50, Math.floor(Math.min(10_000, everyShare * totalMs)));
    return {
      weights: VIDEO,
      said: [
        { atMs: 0, step: "probe" },
        { atMs: openMs, step: "encode" },
        ...evenly(fromMs, toMs, everyMs),
        { atMs: toMs, step: "poster" },
        { atMs: toMs + tidyMs / 2, step: "publish" },
      ],
      totalMs,
    };
  });

describe("the remaining time of a job of constant speed", () => {
  it("is there from 15 % or 10 s on, true after the first quarter, and never rises by more than a fifth", () => {
    fc.assert(
      fc.property(constantJob, (job) => {
        const { shownShare, worstError, largestRise } = judgeTold(play(job), job.totalMs);
        expect(shownShare).toBeGreaterThanOrEqual(0.95);
        expect(worstError).toBeLessThanOrEqual(0.2);
        expect(largestRise).toBeLessThanOrEqual(0.2);
      }),
      { numRuns: 100 },
    );
  });

  it("goes with a percent that is the share of the time that passed", () => {
    fc.assert(
      fc.property(constantJob, (job) => {
        const hop = Math.max(
          ...job.said.map((each, index) => percentOf(each) - percentOf(job.said[index - 1])),
        );
        const off = play(job).map(({ atMs, percent }) => (atMs / job.totalMs) * 100 - percent);
        expect(Math.max(...off)).toBeLessThanOrEqual(hop + 1 + (1_000 / job.totalMs) * 100);
        expect(Math.min(...off)).toBeGreaterThanOrEqual(-1 - (1_000 / job.totalMs) * 100);
      }),
      { numRuns: 50 },
    );
  });
});

const percentOf = (said: Said | undefined): number =>
  said !== undefined && "percent" in said ? said.percent : 0;

describe("the remaining time", () => {
  it("comes from many short steps, which tell no percent", () => {
    const job = fc.record({
      steps: fc.integer({ min: 15, max: 80 }),
      eachMs: fc.integer({ min: 800, max: 5_000 }),
    });
    fc.assert(
      fc.property(job, ({ steps, eachMs }) => {
        const keys = Array.from({ length: steps }, (_, index) => `s${index}`);
        const weights = Object.fromEntries(keys.map((key) => [key, 1]));
        const said = keys.map((step, index) => ({ atMs: index * eachMs, step }));
        const { worstError, largestRise } = judgeTold(
          play({ weights, said, totalMs: steps * eachMs }),
          steps * eachMs,
        );
        expect(worstError).toBeLessThanOrEqual(0.2);
        expect(largestRise).toBeLessThanOrEqual(0.2);
      }),
    );
  });

  it("never comes from the share of a step that took a second", () => {
    const job = fc.record({
      quickMs: fc.integer({ min: 0, max: 1_400 }),
      seconds: fc.integer({ min: 20, max: 600 }),
      weight: fc.integer({ min: 11, max: 90 }),
    });
    fc.assert(
      fc.property(job, ({ quickMs, seconds, weight }) => {
        const totalMs = quickMs + seconds * 1_000;
        const said = [
          { atMs: 0, step: "check" },
          { atMs: 0, percent: 1 },
          { atMs: quickMs, percent: 100 },
          { atMs: quickMs, step: "import" },
          ...evenly(quickMs, totalMs, 500),
        ];
        const told = play({ weights: { check: weight, import: 100 - weight }, said, totalMs });
        const tooShort = told.filter(
          ({ atMs, seconds: said }) => said !== null && said * 1_000 < (totalMs - atMs) * 0.8 - 1_000,
        );
        expect(tooShort).toEqual([]);
        expect(judgeTold(told, totalMs).largestRise).toBeLessThanOrEqual(0.2);
      }),
    );
  });

  it("is measured over whole bursts, and does not run down between them", () => {
    const job = fc.record({
      size: fc.integer({ min: 2, max: 10 }),
      everyMs: fc.integer({ min: 1_000, max: 6_000 }),
    });
    fc.assert(
      fc.property(job, ({ size, everyMs }) => {
        const said = Array.from({ length: 100 }, (_, index) => ({
          atMs: (Math.floor(index / size) + 1) * everyMs + (index % size) * 5,
          percent: index + 1,
        }));
        const totalMs = Math.ceil(100 / size) * everyMs + 100;
        const { shownShare, largestRise } = judgeTold(play({ weights: {}, said, totalMs }), totalMs);
        expect(shownShare).toBeGreaterThanOrEqual(0.95);
        expect(largestRise).toBeLessThanOrEqual(0.2);
      }),
    );
  });

  it("starts anew with an attempt that finds work done", () => {
    const job = fc.record({
      percent: fc.integer({ min: 5, max: 85 }),
      afterMs: fc.integer({ min: 0, max: 5_000 }),
      seconds: fc.integer({ min: 20, max: 600 }),
    });
    fc.assert(
      fc.property(job, ({ percent, afterMs, seconds }) => {
        const totalMs = afterMs + seconds * 1_000;
        const said = [{ atMs: afterMs, percent }, ...evenly(afterMs, totalMs, 500, percent)];
        const { worstError, largestRise } = judgeTold(
          play({ weights: {}, said, totalMs, isResumed: true }),
          totalMs,
        );
        expect(worstError).toBeLessThanOrEqual(0.2);
        expect(largestRise).toBeLessThanOrEqual(0.2);
      }),
    );
  });

  it("starts anew with work that a step does again", () => {
    const said = [...evenly(0, 8_000, 250).slice(0, 24), ...evenly(8_000, 108_000, 250)];
    const told = play({ weights: { encode: 1 }, said, totalMs: 108_000 });
    expect(
      judgeTold(
        told.filter(({ atMs }) => atMs > 16_000),
        108_000,
      ),
    ).toMatchObject({ worstError: 0, largestRise: 0 });
    expect(told.find(({ atMs }) => atMs === 8_000)?.percent).toBe(75);
    expect(told.find(({ atMs }) => atMs === 58_000)?.percent).toBe(87);
  });

  it("follows a speed that changes for good, never by more than a fifth or a second at once", () => {
    const job = fc.record({
      slower: fc.double({ min: 0.7, max: 5, noNaN: true }),
      seconds: fc.integer({ min: 60, max: 600 }),
    });
    fc.assert(
      fc.property(job, ({ slower, seconds }) => {
        const halfMs = seconds * 1_000;
        const totalMs = halfMs * (1 + slower);
        const first = evenly(0, halfMs * 2, 500).slice(0, seconds * 2);
        const told = play({ weights: {}, said: [...first, ...evenly(halfMs, totalMs, 500, 50)], totalMs });
        const said = numbers(told);
        const rises = said
          .slice(1)
          .map((now, index) => now - Math.max((said[index] ?? 0) * 1.2, (said[index] ?? 0) + 1));
        expect(Math.max(...rises)).toBeLessThanOrEqual(0);
        const late = told.filter(({ atMs }) => atMs > halfMs + (totalMs - halfMs) * 0.8);
        expect(judgeTold(late, totalMs).worstError).toBeLessThanOrEqual(0.25);
      }),
    );
  });

  it("is withdrawn from a step that says nothing any more, and is what it was when that goes on", () => {
    const stallMs = 300_000;
    const said = evenly(0, 100_000, 500);
    const stalled = said.map((each) => (each.atMs <= 50_000 ? each : { ...each, atMs: each.atMs + stallMs }));
    const told = play({ weights: { work: 1 }, said: stalled, totalMs: 100_000 + stallMs });
    const at = (atMs: number): number | null | undefined => told.find((each) => each.atMs === atMs)?.seconds;
    expect(Math.abs((at(50_000) ?? 0) - 50)).toBeLessThanOrEqual(1);
    expect(at(120_000)).toBeNull();
    expect(at(52_000 + stallMs)).toBeGreaterThanOrEqual(48);
    expect(at(52_000 + stallMs)).toBeLessThanOrEqual(70);
    expect(
      judgeTold(
        told.filter(({ atMs }) => atMs > 90_000 + stallMs),
        100_000 + stallMs,
      ).worstError,
    ).toBeLessThanOrEqual(0.2);
  });

  it("is not put out by a clock that jumps", () => {
    const meter = new ProgressMeter([], { startedAtMs: 0 });
    for (let second = 1; second <= 40; second++) meter.progress(second, second * 1_000);
    meter.progress(41, 30_000);
    expect(meter.read(30_000).remainingSeconds).toBeLessThanOrEqual(60);
    for (let second = 42; second <= 60; second++) meter.progress(second, 3_600_000 + second * 1_000);
    const { remainingSeconds } = meter.read(3_660_000);
    expect(remainingSeconds).toBeGreaterThanOrEqual(36);
    expect(remainingSeconds).toBeLessThanOrEqual(55);
  });

  it("is the same however often a job reports", () => {
    const told = (everyMs: number): readonly number[] =>
      numbers(play({ weights: { work: 1 }, said: evenly(0, 60_000, everyMs), totalMs: 60_000 })).slice(60);
    const often = told(5);
    told(500).forEach((seconds, index) =>
      expect(Math.abs(seconds - (often[index] ?? 0))).toBeLessThanOrEqual(1),
    );
  });
});
