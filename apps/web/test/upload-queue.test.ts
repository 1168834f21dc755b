// @vitest-environment happy-dom
import type { StatusplaneClient, Submitted, WatchRef } from "@statusplane/client";
import { describe, expect, test, vi } from "vitest";
import { UploadQueue } from "../src/upload/upload-queue.ts";

interface Submit {
  readonly name: string;
  readonly title: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly progress: (fraction: number) => void;
  readonly accept: (ref: WatchRef) => void;
  readonly refuse: (error: Error) => void;
}

/** A server that answers when told to. */
function open() {
  const submits: Submit[] = [];
  const submitted: [WatchRef, string][] = [];
  const take = (
    name: string,
    title: string | undefined,
    options: Parameters<StatusplaneClient["submitJob"]>[1] = {},
  ): Promise<Submitted> =>
    new Promise((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      submits.push({
        name,
        title,
        idempotencyKey: options.idempotencyKey,
        progress: (fraction) => options.onUploadProgress?.(fraction),
        accept: (ref) =>
          resolve({ ref, attempt: 1, version: 0, progressUrl: null, detailUrl: null, watchToken: null }),
        refuse: reject,
      });
    });
  const queue = new UploadQueue({
    client: {
      submitVideo: (file, options) => take(file.name, options?.title, options),
      submitJob: (jobType, options) => take(`${jobType} ${options?.file?.name}`, undefined, options),
    },
    onSubmitted: ({ ref, title }) => void submitted.push([ref, title]),
  });
  const phases = (): string[] => queue.uploads.get().map(({ state }) => state.phase);
  const key = (index: number): string => queue.uploads.get()[index]?.key ?? "";
  return { queue, submits, submitted, phases, key };
}

const file = (name: string, content = "x"): File => new File([content], name);
const video = { kind: "video", id: "1" } as const;

/** Lets every promise go on that waits for nothing else. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("the upload queue", () => {
  test("sends two at a time, in order, and the next as soon as one is taken", async () => {
    const { queue, submits, submitted, phases } = open();
    queue.add([file("a.mp4"), file("b.xlsx"), file("c.mov")]);
    expect(phases()).toEqual(["sending", "sending", "waiting"]);
    submits[0]?.accept(video);
    await vi.waitFor(() =>
      expect(submits.map(({ name }) => name)).toEqual(["a.mp4", "excel_import b.xlsx", "c.mov"]),
    );
    expect(submitted).toEqual([[video, "a"]]);
    expect(phases()).toEqual(["sending", "sending"]);
  });

  test("refuses by itself what no server would take, without a request", () => {
    const { queue, submits } = open();
    queue.add([file("a.txt"), file("b.mp4", ""), file("c.XLS")]);
    expect(queue.uploads.get().map(({ state }) => state)).toEqual([
      { phase: "refused", refusal: "wrongType" },
      { phase: "refused", refusal: "empty" },
      { phase: "refused", refusal: "otherForm" },
    ]);
    expect(submits).toEqual([]);
    expect(queue.isBusy).toBe(false);
  });

  test("tells how much of a file is sent", () => {
    const { queue, submits } = open();
    queue.add([file("a.mp4")]);
    submits[0]?.progress(0.4);
    expect(queue.uploads.get()[0]?.state).toEqual({ phase: "sending", fraction: 0.4 });
    submits[0]?.progress(1.2);
    expect(queue.uploads.get()[0]?.state).toEqual({ phase: "sending", fraction: 1 });
  });

  test("keeps a failed file with its reason, and sends it again under the same key", async () => {
    const { queue, submits, phases, key } = open();
    queue.add([file("a.mp4")]);
    const error = new Error("503");
    submits[0]?.refuse(error);
    await vi.waitFor(() => expect(queue.uploads.get()[0]?.state).toEqual({ phase: "failed", error }));
    await vi.waitFor(() => {
      queue.again(key(0));
      expect(submits).toHaveLength(2);
    });
    expect(phases()).toEqual(["sending"]);
    expect(submits[1]?.idempotencyKey).toBe(submits[0]?.idempotencyKey);
  });

  test("a cancelled file is stopped, not failed, and makes room for the next", async () => {
    const { queue, submits, phases, key } = open();
    queue.add([file("a.mp4"), file("b.mp4"), file("c.mp4")]);
    queue.cancel(key(0));
    await vi.waitFor(() => expect(phases()).toEqual(["stopped", "sending", "sending"]));
    expect(submits).toHaveLength(3);
  });

  test("a waiting file that is cancelled is never sent", async () => {
    const { queue, submits, key } = open();
    queue.add([file("a.mp4"), file("b.mp4"), file("c.mp4")]);
    queue.cancel(key(2));
    submits[0]?.accept(video);
    await vi.waitFor(() => expect(queue.uploads.get()).toHaveLength(2));
    expect(submits).toHaveLength(2);
  });

  test("a cancel that comes too late leaves the job that the server has made", async () => {
    const { queue, submits, submitted, key } = open();
    queue.add([file("a.mp4")]);
    submits[0]?.accept(video);
    queue.cancel(key(0));
    await vi.waitFor(() => expect(submitted).toEqual([[video, "a"]]));
    expect(queue.uploads.get()).toEqual([]);
  });

  test("its close stops everything", async () => {
    const { queue, submits, submitted } = open();
    queue.add([file("a.mp4"), file("b.mp4"), file("c.mp4")]);
    queue.close();
    await settled();
    expect([queue.isBusy, submits.length, submitted]).toEqual([false, 2, []]);
  });
});
