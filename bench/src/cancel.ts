/**
 * From the 202 of a cancel to the end of ffmpeg and to CANCELLED on the progress endpoint, on the real programs. The
 * baseline of the same run: how long the same ffmpeg command needs to end after a SIGKILL of its process group alone.
 */
import { eventually } from "@statusplane/test-support";
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Deployment } from "../../test/end-to-end/support/deployment.ts";
import { makeVideo } from "../../test/end-to-end/support/inputs.ts";

const ROUNDS = 10;
const execute = promisify(execFile);

export async function run(): Promise<void> {
  const deployment = await Deployment.open();
  try {
    const program = await deployment.start("api");
    await deployment.start("worker");
    const api = await deployment.api(program, "7");
    const video = await makeVideo(deployment.folder, { seconds: 60, size: "1280x720" });
    const data = join(deployment.folder, "data");
    const [stopped, shown, alone]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const submitted = await api.submitVideo(video);
      const encoding = async (): Promise<boolean> => {
        const { body } = await api.videoProgress(submitted.id ?? "");
        return body.encoding_step_key === "encode" && (body.encoding_progress ?? 0) > 0;
      };
      await eventually("encoding has begun", encoding, 60_000);
      await sleep(Math.random() * 1_000);
      const { status } = await api.call(`/media/videos/${submitted.id}/cancel/`, { method: "POST" });
      const startedAtMs = performance.now();
      if (status !== 202) throw new Error(`a cancel was answered ${status}`);
      const gone = eventually("ffmpeg is gone", async () => (await toolsOn(data)) === 0);
      const ended = api.ended(submitted);
      await Promise.all([
        gone.then(() => stopped.push(performance.now() - startedAtMs)),
        ended.then(() => shown.push(performance.now() - startedAtMs)),
      ]);
      alone.push(await killAlone(video));
    }
    console.log(`${ROUNDS} cancels in the middle of an encoding of 1280×720; ms, median and slowest`);
    print("ffmpeg is gone after the 202", stopped, alone);
    print("CANCELLED is shown after the 202", shown, alone);
    print("baseline: ffmpeg alone after SIGKILL", alone, alone);
  } finally {
    await deployment.close();
  }
}

/** ffmpeg and its confinement that work below this folder. */
async function toolsOn(folder: string): Promise<number> {
  const { stdout } = await execute("ps", ["-A", "-o", "args="]);
  return stdout.split("\n").filter((line) => line.includes(folder) && /ffmpeg|bwrap/.test(line)).length;
}

async function killAlone(video: string): Promise<number> {
  const args = ["-nostdin", "-loglevel", "error", "-i", video, "-c:v", "libx264", "-f", "null", "-"];
  const child = spawn("ffmpeg", args, { stdio: "ignore" });
  await sleep(500);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const startedAtMs = performance.now();
  child.kill("SIGKILL");
  await gone;
  return performance.now() - startedAtMs;
}

function print(what: string, values: readonly number[], baseline: readonly number[]): void {
  const median = (of: readonly number[]): number =>
    of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
  const ratio = median(values) / Math.max(0.1, median(baseline));
  const slowest = Math.max(...values);
  console.log(
    `${what.padEnd(38)} ${median(values).toFixed(0).padStart(6)} ${slowest.toFixed(0).padStart(6)}   × ${ratio.toFixed(1)}`,
  );
}
