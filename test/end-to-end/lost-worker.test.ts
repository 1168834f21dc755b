import type { VideoProgressBody } from "@statusplane/core/wire";
import { eventually, type RunningProgram } from "@statusplane/test-support";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api, type SubmittedBody } from "./support/api.ts";
import { Deployment } from "./support/deployment.ts";
import { makeVideo, makeWorkbook } from "./support/inputs.ts";

/** The intervals of the product, in seconds instead of minutes. */
const TIMINGS = JSON.stringify({
  leaseMs: 3_000,
  renewEveryMs: 1_000,
  heartbeatMs: 1_000,
  tickMs: 500,
  sweepEveryMs: 1_000,
  settleMs: 2_000,
  reconcilerLeaseMs: 2_000,
  beatStaleMs: 1_500,
});

/** Work survives the kill of its worker; cancel and retry act on real ffmpeg. */
describe("a worker that is lost", () => {
  let deployment: Deployment;
  let apiProcess: RunningProgram;
  let api: Api;

  beforeAll(async () => {
    deployment = await Deployment.open();
    apiProcess = await deployment.start("api", { TIMINGS });
    api = await deployment.api(apiProcess, "7");
  });
  afterAll(() => deployment?.close());

  const encoding = (submitted: SubmittedBody): Promise<VideoProgressBody> =>
    eventually(
      "encoding has begun",
      async () => {
        const { body } = await api.videoProgress(submitted.id ?? "");
        return body.encoding_step_key === "encode" && (body.encoding_progress ?? 0) > 0 ? body : null;
      },
      60_000,
    );

  it("is replaced: its job waits as the next attempt, says why, and another worker ends it", async () => {
    const first = await deployment.start("worker", { TIMINGS });
    const submitted = await api.submitVideo(
      await makeVideo(deployment.folder, { seconds: 12, size: "1280x720" }),
    );
    await encoding(submitted);
    await first.kill();
    const waiting = await eventually("it waits for the next try", async () => {
      const { body } = await api.videoProgress(submitted.id ?? "");
      return body.status === "PENDING" ? body : null;
    });
    expect(waiting).toMatchObject({ attempt: 2, last_error_code: "worker_lost", try: 2, max_tries: 3 });
    await deployment.start("worker", { TIMINGS });
    const ready = await api.ended<VideoProgressBody>(submitted);
    expect(ready).toMatchObject({ status: "READY", attempt: 2, hls_path: `7/${submitted.id}/2/master.m3u8` });
    expect(await attemptFolders(submitted)).toEqual(["2"]);
  });

  it("that was only paused learns that it was replaced and changes nothing any more", async () => {
    const paused = await deployment.start("worker", { TIMINGS, WORKER_CONCURRENCY: "*=2" });
    const submitted = await api.submitVideo(
      await makeVideo(deployment.folder, { seconds: 14, size: "1280x720" }),
    );
    await encoding(submitted);
    paused.pause();
    const ended = api.ended<VideoProgressBody>(submitted);
    const replaced = await eventually(
      "a higher attempt, or the end by the other worker",
      async () => {
        const { body } = await api.videoProgress(submitted.id ?? "");
        return body.attempt > 1 || body.status === "READY" ? body : null;
      },
      60_000,
    );
    paused.resume();
    const ready = await ended;
    expect(ready.status).toBe("READY");
    expect(ready.attempt).toBeGreaterThanOrEqual(replaced.attempt);
    await eventually(
      "only the winner's outputs are left",
      async () => {
        const folders = await attemptFolders(submitted);
        return folders.length === 1 && folders[0] === String(ready.attempt);
      },
      60_000,
    );
    expect((await api.videoProgress(submitted.id ?? "")).body).toEqual(ready);
  });

  it("is asked to stop by a cancel: ffmpeg ends, nothing of the attempt stays, and a retry begins anew", async () => {
    const submitted = await api.submitVideo(
      await makeVideo(deployment.folder, { seconds: 30, size: "1280x720" }),
    );
    await encoding(submitted);
    const accepted = await api.call(`/media/videos/${submitted.id}/cancel/`, { method: "POST" });
    expect(accepted.status).toBe(202);
    const cancelled = await api.ended<VideoProgressBody>(submitted);
    expect(cancelled).toMatchObject({ status: "CANCELLED", error_code: "cancelled" });
    await eventually("its outputs are gone", async () => (await attemptFolders(submitted)).length === 0);
    expect((await api.call(`/media/videos/${submitted.id}/cancel/`, { method: "POST" })).status).toBe(202);
    const retried = await api.call(`/media/videos/${submitted.id}/retry/`, { method: "POST" });
    expect(retried.status).toBe(202);
    const again = await encoding(submitted);
    expect(again.attempt).toBeGreaterThan(cancelled.attempt);
    await api.call(`/media/videos/${submitted.id}/cancel/`, { method: "POST" });
    await api.ended(submitted);
  });

  it("answers a cancel of what has ended with 409, and a retry of what succeeded too", async () => {
    const submitted = await api.submitImport(await makeWorkbook(deployment.folder, { rows: 5 }));
    await api.ended(submitted);
    const cancel = await api.call(`/api/v1/jobs/${submitted.job_id}/cancel/`, { method: "POST" });
    expect(`${cancel.status} ${cancel.body.code}`).toBe("409 already_finished");
    const retry = await api.call(`/api/v1/jobs/${submitted.job_id}/retry/`, { method: "POST" });
    expect(`${retry.status} ${retry.body.code}`).toBe("409 not_retryable");
  });

  async function attemptFolders({ id }: SubmittedBody): Promise<string[]> {
    try {
      return await readdir(join(deployment.folder, "data/outputs/video/7", String(id)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
});
