import type { WatchedJob } from "@statusplane/client";
import { expect, it } from "vitest";
import { fitted, jobLine, milestoneOf } from "../../src/cli/job-line.ts";

const running = {
  ref: { kind: "job", id: "a" },
  title: "3강\u001b[2J\u009b31m",
  status: "PROCESSING",
  percent: 50,
  attempt: 1,
  gone: false,
  isStalled: false,
  remainingSeconds: 12,
} as WatchedJob;

it("a job's line has nothing in it that a terminal obeys", () => {
  const half = "█".repeat(12) + "░".repeat(12);
  expect(jobLine(running)).toBe(`${half}   50 %  12 s left  3강[2J31m (job:a)`);
});

it("a line fits into its columns, Hangul counted twice", () => {
  expect([fitted("가나다", 5), fitted("█░a", 2), fitted("abc", 9)]).toEqual(["가나", "█░", "abc"]);
});

it("a second less that remains is no milestone, a percent more is one", () => {
  const known = milestoneOf(running);
  expect(milestoneOf({ ...running, remainingSeconds: 11 })).toBe(known);
  expect(milestoneOf({ ...running, percent: 51 })).not.toBe(known);
});
