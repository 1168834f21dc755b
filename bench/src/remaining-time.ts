import { judgeTold, playJob, type PlayedMeter, type Told } from "@statusplane/test-support";
import { ProgressMeter } from "../../packages/worker/src/reporter/progress-meter.ts";
import { OldMeter } from "./remaining-time/old-meter.ts";
import { PLAYED_SHAPES, type PlayedShape } from "./remaining-time/shapes.ts";

/**
 * How true the remaining time is that a worker tells: jobs of each shape, played without waiting.
 */
export async function run(): Promise<void> {
  console.log(line("shape", "shown", "worst error", "largest rise", "before"));
  for (const shape of PLAYED_SHAPES)
    report(shape.name, play(shape, "new"), play(shape, "old"), shape.totalMs);
}

type Which = "new" | "old";

function play(shape: PlayedShape, which: Which): readonly Told[] {
  return playJob(shape.said, shape.totalMs, meterOf(shape, which));
}

function meterOf({ steps, isResumed = false }: PlayedShape, which: Which): PlayedMeter {
  const defined = steps.map((step) => ({ ...step, label: { ko: step.key, en: step.key } }));
  return which === "old"
    ? new OldMeter(defined, 0)
    : new ProgressMeter(defined, { startedAtMs: 0, isResumed });
}

function report(name: string, told: readonly Told[], before: readonly Told[], totalMs: number): void {
  const now = wordsOf(told, totalMs);
  console.log(line(name, ...now, wordsOf(before, totalMs).join(" · ")));
}

function wordsOf(told: readonly Told[], totalMs: number): readonly [string, string, string] {
  const { shownShare, worstError, largestRise } = judgeTold(told, totalMs);
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [percent(shownShare), percent(worstError), percent(largestRise)];
}

function line(name: string, shown: string, error: string, rise: string, before: string): string {
  return `${name.padEnd(24)}${shown.padStart(8)}${error.padStart(14)}${rise.padStart(14)}   ${before}`;
}
