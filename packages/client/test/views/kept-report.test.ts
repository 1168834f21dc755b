import { MAX_REPORT_RANGES, MAX_REPORT_SECONDS, type SecondsRange } from "@statusplane/core/wire";
import fc from "fast-check";
import { expect, it } from "vitest";
import { mergeReports, portionsOf, readKeptReport, type KeptReport } from "../../src/views/kept-report.ts";
import { ReportStore, type SharedTexts } from "../../src/views/report-store.ts";
import { mergeRanges } from "../../src/views/watched-seconds.ts";

const ranges = fc
  .array(fc.tuple(fc.nat(80_000), fc.integer({ min: 1, max: 9_000 })), { maxLength: 500 })
  .map((all) => mergeRanges(all.map(([from, length]): SecondsRange => [from, from + length])));
const report: fc.Arbitrary<KeptReport> = fc.record({
  videoId: fc.constantFrom("1", "2"),
  player: fc.constantFrom("a", "b"),
  ranges,
  positionSeconds: fc.double({ min: 0, max: 80_000, noNaN: true }),
  speed: fc.constantFrom(1, 2),
  isMuted: fc.boolean(),
  isHidden: fc.boolean(),
  isLeft: fc.boolean(),
  atMs: fc.integer({ min: 1, max: 80_000_000 }),
});

const told = (reports: readonly KeptReport[]) =>
  ["1", "2"].map((id) =>
    mergeRanges(reports.filter(({ videoId }) => videoId === id).flatMap((each) => each.ranges)),
  );

it("says after merging and parting what was said before, in parts that a server takes", () => {
  fc.assert(
    fc.property(fc.array(report, { maxLength: 8 }), (reports) => {
      const parts = mergeReports(reports).flatMap(portionsOf);
      expect(told(parts)).toEqual(told(reports));
      for (const part of parts) {
        expect(part.ranges.length).toBeLessThanOrEqual(MAX_REPORT_RANGES);
        expect(part.ranges.reduce((sum, [from, to]) => sum + to - from, 0)).toBeLessThanOrEqual(
          MAX_REPORT_SECONDS,
        );
        expect(readKeptReport(JSON.stringify(part))).toEqual(part);
      }
    }),
    { numRuns: 60 },
  );
});

it("keeps a bounded number of reports, the newest, and none of yesterday", () => {
  const kept = new Map<string, string>([["else", "{}"]]);
  const texts: SharedTexts = {
    keys: () => [...kept.keys()],
    get: (key) => kept.get(key) ?? null,
    set: (key, text) => void kept.set(key, text),
    remove: (key) => void kept.delete(key),
  };
  let ids = 0;
  const store = new ReportStore(texts, "1.s1", () => String((ids += 1)));
  const of = (index: number): KeptReport => ({
    ...{ videoId: "1", player: `p${index}`, ranges: [], positionSeconds: 1, speed: 1, atMs: index * 1_000 },
    ...{ isMuted: false, isHidden: false, isLeft: false },
  });
  store.add(Array.from({ length: 500 }, (_, index) => of(index)));
  store.tidy(86_400_000 + 400_500);
  expect(store.all().map(({ report: { player } }) => player)).toEqual(
    Array.from({ length: 99 }, (_, index) => `p${401 + index}`),
  );
  store.add(Array.from({ length: 500 }, (_, index) => of(1_000 + index)));
  store.tidy(1_500_000);
  expect(store.all()).toHaveLength(200);
  expect(kept.get("else")).toBe("{}");
});
