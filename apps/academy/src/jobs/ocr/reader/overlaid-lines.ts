import type { Box } from "../page-reading.ts";
import type { EngineLine } from "./engine.ts";

/** So much of a line lies within another one that both are read from the same ink. */
const SAME_INK = 0.7;
/** A whole that was read with this much needs no part of it read once more, however sure that is. */
const RELIABLE = 70;

/**
 * Tesseract at times reads a part of a line once more, as a line of its own that lies over it. The part goes, but
 * for a surer one of a line that is doubtful; lines that merely touch all stay.
 */
export function withoutOverlaid(lines: readonly EngineLine[]): readonly EngineLine[] {
  return lines.filter((line) => !lines.some((other) => liesOver(line, other)));
}

function liesOver(line: EngineLine, other: EngineLine): boolean {
  const area = areaOf(line.box);
  if (line === other || area >= areaOf(other.box)) return false;
  if (other.confidence < Math.min(RELIABLE, line.confidence)) return false;
  return sharedArea(line.box, other.box) >= SAME_INK * area;
}

const areaOf = ({ width, height }: Box): number => width * height;

function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
