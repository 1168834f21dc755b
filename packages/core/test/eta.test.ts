import { EtaEstimator } from "@statusplane/core";
import { describe, expect, it } from "vitest";

describe("EtaEstimator", () => {
  it("says nothing before it means something", () => {
    const eta = new EtaEstimator(0);
    expect(eta.remainingSeconds(1, 5_000)).toBeNull();
    expect(new EtaEstimator(0).remainingSeconds(50, 1_000)).toBeNull();
  });

  it("is exact for a steady attempt", () => {
    const eta = new EtaEstimator(0);
    let remaining: number | null = null;
    for (let second = 1; second <= 30; second++) remaining = eta.remainingSeconds(second, second * 1_000);
    expect(remaining).toBe(70);
  });

  it("does not take what was there at the start for speed", () => {
    const eta = new EtaEstimator(0);
    expect(eta.remainingSeconds(40, 500)).toBeNull();
    for (let second = 1; second <= 5; second++) eta.remainingSeconds(40 + second, 500 + second * 1_000);
    expect(eta.remainingSeconds(45, 5_500)).toBe(55);
  });

  it("follows a change of speed without jumping, and counts down while nothing is heard", () => {
    const eta = new EtaEstimator(0);
    for (let second = 1; second <= 20; second++) eta.remainingSeconds(second, second * 1_000);
    const before = eta.remainingSeconds(20, 20_000) ?? 0;
    const slower = eta.remainingSeconds(20.5, 21_000) ?? 0;
    expect(slower).toBeGreaterThan(before);
    expect(slower).toBeLessThan(before * 1.2);
    expect(eta.remainingSeconds(20.5, 26_000)).toBe(slower - 5);
  });

  it("answers 0 at the end and never less than 1 s before it", () => {
    const eta = new EtaEstimator(0);
    eta.remainingSeconds(99, 10_000);
    expect(eta.remainingSeconds(99, 60_000)).toBe(1);
    expect(eta.remainingSeconds(100, 61_000)).toBe(0);
  });
});
