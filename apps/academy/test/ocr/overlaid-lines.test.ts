import { expect, it } from "vitest";
import type { EngineLine } from "../../src/jobs/ocr/reader/engine.ts";
import { withoutOverlaid } from "../../src/jobs/ocr/reader/overlaid-lines.ts";

const line = (text: string, confidence: number, [x, y, width, height]: readonly number[]): EngineLine => ({
  text,
  confidence,
  box: { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 },
});

it("a part of a line that was read once more goes; lines that touch, and one within the other's row, stay", () => {
  const whole = line("젊은 목수는 닳은 끌을", 92, [208, 2_672, 1_017, 50]);
  const again = line("20ㄴㅡ 느", 65, [211, 2_692, 430, 29]);
  const below = line("읽고 싶은 책이", 94, [208, 2_717, 1_197, 77]);
  const beside = line("3쪽", 60, [1_400, 2_672, 80, 50]);
  expect(withoutOverlaid([whole, again, below, beside])).toEqual([whole, below, beside]);
});

it("a surer part goes too, but where the whole is doubtful: then both stay", () => {
  const part = line("를 보", 92, [436, 89, 118, 30]);
  const sure = line("툇마루에 앉아 냇가를 본다", 88, [84, 80, 484, 63]);
  expect(withoutOverlaid([part, sure])).toEqual([sure]);
  const doubtful = { ...sure, confidence: 51 };
  expect(withoutOverlaid([part, doubtful])).toEqual([part, doubtful]);
});
