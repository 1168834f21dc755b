import { expect, it } from "vitest";
import { SeenNumbers } from "../../src/jobs/excel-import/seen-numbers.ts";

function repeats(...batches: readonly (readonly string[])[]): boolean {
  const numbers = new SeenNumbers();
  for (const batch of batches) numbers.add(batch);
  return numbers.repeated;
}

it("finds no repetition among numbers that differ, in any order", () => {
  expect(repeats(["1", "2"], [], ["3", "4"])).toBe(false);
  expect(repeats(["1", "3"], ["2", "10"], ["0"])).toBe(false);
});

it("finds a number that comes again: next to itself, out of order, or in a later batch", () => {
  expect(repeats(["1", "2", "2"])).toBe(true);
  expect(repeats(["1", "2"], ["2", "3"])).toBe(true);
  expect(repeats(["1", "2", "3"], ["4", "5"], ["6", "2"])).toBe(true);
  expect(repeats(["5", "1"], ["7"], ["7"])).toBe(true);
});
