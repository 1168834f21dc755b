import {
  applyTransition,
  compareSnapshots,
  FINAL_VERSION,
  type SnapshotHead,
  type WriteKind,
} from "@statusplane/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const pending = (attempt: number): SnapshotHead => ({ attempt, version: 0, status: "PENDING" });
const processing = (attempt: number, version: number): SnapshotHead => ({
  attempt,
  version,
  status: "PROCESSING",
});
const done = (attempt: number): SnapshotHead => ({ attempt, version: FINAL_VERSION, status: "DONE" });
const failed = (attempt: number): SnapshotHead => ({ attempt, version: FINAL_VERSION, status: "FAILED" });

describe("applyTransition", () => {
  it.each<[string, SnapshotHead | null, WriteKind, SnapshotHead, string]>([
    ["an announcement creates the key", null, "announce", pending(1), "accepted replace"],
    ["a finish creates the key", null, "finish", done(1), "accepted replace"],
    ["progress never creates the key", null, "progress", processing(1, 5), "absent none"],
    [
      "an announcement overtakes a lower attempt, even a finished one",
      failed(1),
      "announce",
      pending(2),
      "accepted replace",
    ],
    ["a finish overtakes a lower attempt", processing(1, 9), "finish", done(2), "accepted replace"],
    [
      "progress never overtakes a lower attempt",
      processing(1, 9),
      "progress",
      processing(2, 2),
      "absent none",
    ],
    [
      "another program's value counts as attempt 0",
      { attempt: 0, version: FINAL_VERSION, status: "DONE" },
      "announce",
      processing(1, 1),
      "accepted replace",
    ],
    [
      "progress over another program's value is absent",
      { attempt: 0, version: 0, status: "PROCESSING" },
      "progress",
      processing(1, 4),
      "absent none",
    ],
    ["a lower attempt is fenced off", processing(2, 1), "progress", processing(1, 99), "fenced none"],
    ["a lower attempt's end is fenced off", pending(2), "finish", done(1), "fenced none"],
    ["a higher version replaces", pending(1), "announce", processing(1, 1), "accepted replace"],
    ["a lower version is stale", processing(1, 3), "progress", processing(1, 2), "stale none"],
    ["an equal progress is stale", processing(1, 3), "progress", processing(1, 3), "stale none"],
    ["the submitter's late announcement is stale", processing(1, 1), "announce", pending(1), "stale none"],
    ["an equal announcement only renews", pending(1), "announce", pending(1), "duplicate renew"],
    ["an end replaces a live snapshot", processing(1, 7), "finish", done(1), "accepted replace"],
    ["the same end again is a duplicate", done(1), "finish", done(1), "duplicate none"],
    ["another end is refused", done(1), "finish", failed(1), "finished none"],
    ["progress after the end is refused", done(1), "progress", processing(1, 8), "finished none"],
    ["an announcement after the end is refused", done(1), "announce", pending(1), "finished none"],
  ])("%s", (_, current, kind, write, expected) => {
    const { answer, effect } = applyTransition(current, kind, write);
    expect(`${answer} ${effect}`).toBe(expected);
  });

  it.each<[WriteKind, SnapshotHead]>([
    ["progress", pending(1)],
    ["progress", done(1)],
    ["announce", done(1)],
    ["finish", processing(1, 1)],
    ["finish", { attempt: 1, version: 5, status: "DONE" }],
    ["announce", { attempt: 1, version: 1, status: "PENDING" }],
    ["announce", { attempt: 1, version: 0, status: "PROCESSING" }],
    ["announce", { attempt: 0, version: 0, status: "PENDING" }],
  ])("refuses a %s write that cannot carry %o", (kind, write) => {
    expect(() => applyTransition(null, kind, write)).toThrow(TypeError);
  });

  it("never lets (attempt, version) go back, and never replaces an end within its attempt, whatever arrives", () => {
    const anyWrite = fc.oneof(
      fc.record({
        kind: fc.constant("announce" as const),
        head: fc.integer({ min: 1, max: 4 }).map(pending),
      }),
      fc.record({
        kind: fc.constantFrom("announce" as const, "progress" as const),
        head: fc
          .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
          .map(([a, v]) => processing(a, v)),
      }),
      fc.record({
        kind: fc.constant("finish" as const),
        head: fc
          .tuple(fc.integer({ min: 1, max: 4 }), fc.boolean())
          .map(([a, ok]) => (ok ? done(a) : failed(a))),
      }),
    );
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 30 }), (writes) => {
        let current: SnapshotHead | null = null;
        for (const { kind, head } of writes) {
          const before: SnapshotHead | null = current;
          if (applyTransition(current, kind, head).effect === "replace") current = head;
          if (before !== null && current !== null)
            expect(compareSnapshots(current, before)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
