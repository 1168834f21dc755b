import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeTold, playJob, type PlayedMeter, type Told } from "@statusplane/test-support";
import { ProgressMeter } from "../../packages/worker/src/reporter/progress-meter.ts";
import { OldMeter } from "./remaining-time/old-meter.ts";
import { recordImport, recordVideo } from "./remaining-time/recorded.ts";
import { PLAYED_SHAPES, type PlayedShape } from "./remaining-time/shapes.ts";

/**
 * How true the remaining time is that a worker tells: a real video and a real import, and a made-up job of each shape.
 * What each said of itself is played to the meter without waiting, and to the one before it (the last column).
 * @throws {Error} when there is no ffmpeg.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-bench-remaining-"));
  try {
    const recorded = [await recordVideo(folder), await recordImport(folder)];
    console.log(
      line(
        "job, ± points off a straight line",
        "shown",
        "worst error",
        "largest rise",
        "before: shown · error · rise",
      ),
    );
    for (const shape of [...recorded, ...PLAYED_SHAPES]) {
      report(shape.name, play(shape, "new"), play(shape, "old"), shape.totalMs);
    }
    console.log(line("wanted at constant speed", "≥ 95 %", "≤ 20 %", "≤ 20 %", ""));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
  console.log(line(`${name}, ±${unevenness(told, totalMs)}`, ...now, wordsOf(before, totalMs).join(" · ")));
}

/** How many points its percent was off a straight line: 0 to a few is a constant speed. */
function unevenness(told: readonly Told[], totalMs: number): number {
  return Math.round(Math.max(...told.map(({ atMs, percent }) => Math.abs(percent - (atMs / totalMs) * 100))));
}

function wordsOf(told: readonly Told[], totalMs: number): readonly [string, string, string] {
  const { shownShare, worstError, largestRise } = judgeTold(told, totalMs);
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [percent(shownShare), percent(worstError), percent(largestRise)];
}

function line(name: string, shown: string, error: string, rise: string, before: string): string {
  return `${name.padEnd(34)}${shown.padStart(8)}${error.padStart(14)}${rise.padStart(14)}   ${before}`;
}
