import { compareSnapshots, FINAL_VERSION, isNews, snapshotEtag } from "@statusplane/core";
import { describe, expect, it } from "vitest";

describe("compareSnapshots", () => {
  it("goes by the attempt, and only within one by the version", () => {
    const at = (attempt: number, version: number) => ({ attempt, version });
    const inOrder = [at(0, 0), at(1, 0), at(1, 7), at(1, FINAL_VERSION), at(2, 0), at(10, 3)];
    const shuffled = [4, 0, 5, 2, 1, 3].map((index) => inOrder[index] ?? at(0, 0));
    expect(shuffled.toSorted(compareSnapshots)).toEqual(inOrder);
    expect(compareSnapshots(at(3, 4), at(3, 4))).toBe(0);
  });
});

describe("isNews", () => {
  const at = (attempt: number, version: number, etag = snapshotEtag({ attempt, version })) => ({
    attempt,
    version,
    etag,
  });
  it("orders by attempt, then version", () => {
    expect(isNews(null, at(1, 0))).toBe(true);
    expect(isNews(at(1, 5), at(1, 6))).toBe(true);
    expect(isNews(at(1, 5), at(1, 5))).toBe(false);
    expect(isNews(at(2, 0), at(1, FINAL_VERSION))).toBe(false);
    expect(isNews(at(1, FINAL_VERSION), at(2, 0))).toBe(true);
  });
  it("takes every differing answer of attempt 0 as news until a higher attempt was seen", () => {
    expect(isNews(at(0, 0, '"f-1"'), at(0, 0, '"f-2"'))).toBe(true);
    expect(isNews(at(0, FINAL_VERSION, '"f-1"'), at(0, 0, '"f-2"'))).toBe(true);
    expect(isNews(at(0, 0, '"f-1"'), at(0, 0, '"f-1"'))).toBe(false);
    expect(isNews(at(1, 0), at(0, FINAL_VERSION, '"f-9"'))).toBe(false);
  });
});
