import { describe, expect, it } from "vitest";
import { errorBackoffMs, getPollInterval, withPollJitter } from "@statusplane/core";

describe("getPollInterval", () => {
  it.each([
    [-1, 1_000],
    [0, 1_000],
    [10, 1_000],
    [10.1, 2_000],
    [60, 2_000],
    [60.1, 3_001],
    [180, 4_000],
    [300, 5_000],
    [86_400, 5_000],
  ])("answers for %s s a delay of %s ms", (elapsedSeconds, delayMs) => {
    expect(getPollInterval(elapsedSeconds)).toBe(delayMs);
  });

  it("is lengthened by jitter, by 15 % at most, never shortened", () => {
    expect(withPollJitter(2_000, 0)).toBe(2_000);
    expect(withPollJitter(2_000, 0.999_999)).toBe(2_300);
  });
});

describe("errorBackoffMs", () => {
  it("doubles from 1 s to 15 s with full jitter and never spins", () => {
    expect([1, 2, 3, 4, 5, 9].map((n) => errorBackoffMs(n, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
    expect(errorBackoffMs(5, 0)).toBe(100);
  });
});
