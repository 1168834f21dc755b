import { ProgressMeter } from "../../src/reporter/progress-meter.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const steps = [
  { key: "read", label: { ko: "읽기", en: "" }, weight: 1 },
  { key: "write", label: { ko: "쓰기", en: "" }, weight: 3 },
];

const LONG_IN_THE_MIDDLE = [
  { key: "open", label: { ko: "열기", en: "" }, weight: 3 },
  { key: "work", label: { ko: "처리", en: "" }, weight: 92 },
  { key: "tidy", label: { ko: "정리", en: "" }, weight: 3 },
  { key: "show", label: { ko: "게시", en: "" }, weight: 2 },
];

describe("the progress meter", () => {
  it("weighs the steps", () => {
    const meter = new ProgressMeter(steps, { startedAtMs: 0 });
    meter.step("read");
    meter.progress(100);
    expect(meter.read(0).percent).toBe(25);
    meter.step("write");
    meter.progress(50);
    expect(meter.read(0)).toMatchObject({
      percent: 62,
      step: { index: 2, total: 2, key: "write", name: "쓰기", percent: 50 },
    });
  });

  it("says what each step took, the one of now so far, one begun again with what it had", () => {
    const meter = new ProgressMeter(steps, { startedAtMs: 0 });
    expect(meter.stepTimes(500)).toEqual([]);
    meter.step("read", 1_000);
    meter.step("write", 3_500);
    meter.step("read", 4_000);
    expect(meter.stepTimes(4_250.4)).toEqual([
      { key: "read", seconds: 2.75 },
      { key: "write", seconds: 0.5 },
    ]);
  });

  it("shows 99 at most while running", () => {
    const meter = new ProgressMeter(steps, { startedAtMs: 0 });
    meter.step("write");
    meter.progress(100);
    expect(meter.read(0).percent).toBe(99);
  });

  it("counts the whole where there are no steps", () => {
    const meter = new ProgressMeter([], { startedAtMs: 0 });
    meter.progress(40);
    expect(meter.read(0)).toMatchObject({ percent: 40, step: null });
  });

  it("begins the first step when code reports before naming one", () => {
    const meter = new ProgressMeter(steps, { startedAtMs: 0 });
    meter.progress(40);
    expect(meter.read(0)).toMatchObject({ percent: 10, step: { key: "read", percent: 40 } });
  });

  it("answers false for a step that is not there", () => {
    expect(new ProgressMeter(steps, { startedAtMs: 0 }).step("dance")).toBe(false);
  });

  it("knows the remaining time once it means something", () => {
    const meter = new ProgressMeter([], { startedAtMs: 0 });
    meter.progress(1, 100);
    expect(meter.read(100).remainingSeconds).toBeNull();
    meter.progress(50, 10_000);
    expect(meter.read(10_000).remainingSeconds).toBeGreaterThanOrEqual(8);
    expect(meter.remainingSeconds(10_000)).toBeLessThanOrEqual(12);
  });

  it.each([
    [100, 1],
    [100, 0.25],
    [600, 1],
  ])(
    "tells the time that is left of %i s at a constant speed, read every %f s",
    (totalSeconds, everySeconds) => {
      const meter = new ProgressMeter(LONG_IN_THE_MIDDLE, { startedAtMs: 0 });
      meter.step("open", 0);
      const openedAt = 0.5;
      const off: number[] = [];
      let isOpen = false;
      for (let now = everySeconds; now < totalSeconds; now += everySeconds) {
        if (now > openedAt && !isOpen) isOpen = meter.step("work", openedAt * 1_000);
        if (isOpen) meter.progress(((now - openedAt) / (totalSeconds - openedAt)) * 100, now * 1_000);
        const said = meter.read(now * 1_000).remainingSeconds;
        if (said !== null) off.push(said - (totalSeconds - now));
      }
      expect(off.length).toBeGreaterThan((totalSeconds / everySeconds) * 0.9);
      expect(Math.max(...off.map(Math.abs))).toBeLessThanOrEqual(2);
      meter.step("tidy", totalSeconds * 1_000);
      expect(meter.read(totalSeconds * 1_000).remainingSeconds).toBe(1);
    },
  );

  it("expects of a long step to come what those before it took for their weight", () => {
    const meter = new ProgressMeter(
      [1, 2, 2].map((weight, index) => ({ key: `s${index}`, label: { ko: "단계", en: "" }, weight })),
      { startedAtMs: 0 },
    );
    meter.step("s0", 0);
    expect(meter.read(1_000).remainingSeconds).toBeNull();
    meter.progress(50, 5_000);
    expect(meter.read(5_000).remainingSeconds).toBe(5 + 20 + 20);
    meter.step("s1", 10_000);
    expect(meter.read(10_000).remainingSeconds).toBe(20 + 20);
    meter.progress(50, 15_000);
    expect(meter.read(15_000).remainingSeconds).toBe(5 + 14); // twice as fast: 20 s for a weight of 3
  });

  it("shows whole percents from 0 to 99 that never decrease, whatever code reports", () => {
    const report = fc.oneof(fc.constantFrom("read", "write", "dance"), fc.double());
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const meter = new ProgressMeter(steps, { startedAtMs: 0 });
        let before = 0;
        reports.forEach((what, index) => {
          if (typeof what === "string") meter.step(what);
          else meter.progress(what);
          const { percent, step } = meter.read(index);
          expect(Number.isInteger(percent) && percent >= before && percent <= 99).toBe(true);
          expect(step === null || (step.percent >= 0 && step.percent <= 100)).toBe(true);
          before = percent;
        });
      }),
    );
  });
});
