import { ProgressMeter } from "../../src/reporter/progress-meter.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const steps = [
  { key: "read", name: "읽기", weight: 1 },
  { key: "write", name: "쓰기", weight: 3 },
];

describe("the progress meter", () => {
  it("weighs the steps", () => {
    const meter = new ProgressMeter(steps, 0);
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

  it("shows 99 at most while running", () => {
    const meter = new ProgressMeter(steps, 0);
    meter.step("write");
    meter.progress(100);
    expect(meter.read(0).percent).toBe(99);
  });

  it("counts the whole where there are no steps", () => {
    const meter = new ProgressMeter([], 0);
    meter.progress(40);
    expect(meter.read(0)).toMatchObject({ percent: 40, step: null });
  });

  it("begins the first step when code reports before naming one", () => {
    const meter = new ProgressMeter(steps, 0);
    meter.progress(40);
    expect(meter.read(0)).toMatchObject({ percent: 10, step: { key: "read", percent: 40 } });
  });

  it("answers false for a step that is not there", () => {
    expect(new ProgressMeter(steps, 0).step("dance")).toBe(false);
  });

  it("knows the remaining time once it means something", () => {
    const meter = new ProgressMeter([], 0);
    meter.progress(1);
    expect(meter.read(100).remainingSeconds).toBeNull();
    meter.progress(50);
    expect(meter.read(10_000).remainingSeconds).toBeGreaterThanOrEqual(8);
    expect(meter.remainingSeconds(10_000)).toBeLessThanOrEqual(12);
  });

  it("shows whole percents from 0 to 99 that never decrease, whatever code reports", () => {
    const report = fc.oneof(fc.constantFrom("read", "write", "dance"), fc.double());
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const meter = new ProgressMeter(steps, 0);
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
