// @vitest-environment happy-dom
import type { WatchedJob } from "@statusplane/client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { OwnJobs } from "../src/live/own-jobs.ts";
import { Tray, type Group, type OwnJob, type TrayContent } from "../src/live/tray.ts";
import { aJob, textOf } from "./watched-jobs.ts";

const video = (id: string, members: Partial<WatchedJob> & Pick<WatchedJob, "status">): WatchedJob =>
  aJob({ ref: { kind: "video", id }, ...members });
const anImport = (id: string, members: Partial<WatchedJob> & Pick<WatchedJob, "status">): WatchedJob =>
  aJob({ ref: { kind: "job", id }, jobType: "excel_import", ...members });
const upload = (key: string, phase = "sending") => ({
  ...{ key, phase, card: null },
  isMoving: phase === "sending" || phase === "waiting",
});
const own = (key: string, id: string, isFresh = false): OwnJob => ({
  ...{ key, title: key, isFresh, isListed: true },
  ref: { kind: "video", id },
});

/** What a tray shows, from the top: `key group`. */
function arranger(): (content: Partial<TrayContent>) => readonly string[] {
  const tray = new Tray();
  return (content) =>
    tray
      .arrange({ uploads: [], own: [], jobs: [], filled: new Set(), text: textOf("ko"), ...content })
      .map(({ key, group }) => `${key} ${group}`);
}

describe("the tray's groups", () => {
  const counts = { inserted: 3, updated: 0, unchanged: 0 };
  test.each<[string, WatchedJob, Group]>([
    ["a job at work", video("1", { status: "PROCESSING" }), "running"],
    ["a word that nobody knows", video("1", { status: "UNKNOWN", unknownStatus: "PAUSED" }), "running"],
    ["a job that waits", video("1", { status: "PENDING" }), "queued"],
    ["a failed one", video("1", { status: "FAILED" }), "attention"],
    ["one that nobody finds", video("1", { status: "PROCESSING", gone: true }), "attention"],
    ["a video", video("1", { status: "READY" }), "finished"],
    ["a cancelled one", video("1", { status: "CANCELLED" }), "finished"],
    [
      "an import of everything",
      anImport("1", { status: "DONE", result: { ...counts, rejected: 0, outcome: "complete" } }),
      "finished",
    ],
    [
      "an import with rejected rows",
      anImport("1", { status: "DONE", result: { ...counts, rejected: 1, outcome: "partial" } }),
      "attention",
    ],
  ])("%s", (_, job, group) => {
    expect(
      new Tray().arrange({ uploads: [], own: [], jobs: [job], filled: new Set(), text: textOf("ko") }),
    ).toMatchObject([{ group }]);
  });

  test("follow one another: uploading and running in one row, queued, attention, finished", () => {
    expect(
      arranger()({
        uploads: [upload("a"), upload("b", "refused")],
        jobs: [
          video("5", { status: "READY" }),
          video("4", { status: "FAILED", updatedAt: "2026-03-01T00:00:00Z" }),
          video("3", { status: "PENDING" }),
          video("2", { status: "PROCESSING" }),
        ],
      }),
    ).toEqual([
      "a uploading",
      "video:2 running",
      "video:3 queued",
      "b attention",
      "video:4 attention",
      "video:5 finished",
    ]);
  });
});

describe("a card's place", () => {
  test("stays when its upload becomes a job and when the job begins", () => {
    const arrange = arranger();
    const others = video("1", { status: "PROCESSING" });
    expect(arrange({ uploads: [upload("a"), upload("b")], jobs: [others] })).toEqual([
      "a uploading",
      "b uploading",
      "video:1 running",
    ]);
    const pending = video("7", { status: "PENDING" });
    expect(arrange({ uploads: [upload("b")], own: [own("a", "7", true)], jobs: [pending, others] })).toEqual([
      "a uploading",
      "b uploading",
      "video:1 running",
    ]);
    const running = video("7", { status: "PROCESSING" });
    expect(arrange({ uploads: [upload("b")], own: [own("a", "7")], jobs: [others, running] })).toEqual([
      "a running",
      "b uploading",
      "video:1 running",
    ]);
  });

  test("is one card while the upload is still there and the job already", () => {
    const jobs = [video("7", { status: "PENDING" })];
    expect(arranger()({ uploads: [upload("a")], own: [own("a", "7", true)], jobs })).toEqual(["a uploading"]);
  });

  test("is among those that wait once it is plain that the job has to", () => {
    const jobs = [video("1", { status: "PROCESSING" }), video("7", { status: "PENDING" })];
    expect(arranger()({ own: [own("a", "7")], jobs })).toEqual(["video:1 running", "a queued"]);
  });

  test("does not depend on the order in which the list tells, and new ones come below", () => {
    const arrange = arranger();
    const [one, two, ten] = ["1", "2", "10"].map((id) => video(id, { status: "PROCESSING" }));
    if (!one || !two || !ten) throw new Error("three jobs");
    expect(arrange({ jobs: [ten, two] })).toEqual(["video:2 running", "video:10 running"]);
    expect(arrange({ jobs: [one, two, ten] })).toEqual([
      "video:2 running",
      "video:10 running",
      "video:1 running",
    ]);
  });

  test("is kept by one that succeeds until its bar is full, and by one that fails not at all", () => {
    const arrange = arranger();
    const jobs = (status: "READY" | "FAILED") => [
      video("1", { status }),
      video("2", { status: "PROCESSING" }),
    ];
    arrange({ jobs: ["1", "2"].map((id) => video(id, { status: "PROCESSING" })) });
    expect(arrange({ jobs: jobs("READY") })).toEqual(["video:1 running", "video:2 running"]);
    expect(arrange({ jobs: jobs("READY"), filled: new Set(["video:1@1"]) })).toEqual([
      "video:2 running",
      "video:1 finished",
    ]);
    expect(arrange({ jobs: jobs("FAILED") })).toEqual(["video:2 running", "video:1 attention"]);
  });

  test("is by their end for those that have ended, the last first; one that runs again is where it was", () => {
    const arrange = arranger();
    const ended = (id: string, minute: number) =>
      video(id, { status: "READY", updatedAt: `2026-03-01T00:0${minute}:00Z` });
    const running = (id: string) => video(id, { status: "PROCESSING" });
    arrange({ jobs: ["1", "2", "3"].map(running) });
    const filled = new Set(["video:1@1", "video:3@1"]);
    expect(arrange({ jobs: [running("2"), ended("1", 1), ended("3", 2)], filled })).toEqual([
      "video:2 running",
      "video:3 finished",
      "video:1 finished",
    ]);
    expect(arrange({ jobs: [running("2"), running("1"), ended("3", 2)], filled })).toEqual([
      "video:1 running",
      "video:2 running",
      "video:3 finished",
    ]);
  });
});

describe("what was handed in here", () => {
  afterEach(() => vi.useRealTimers());

  test("is fresh for a moment, and the live list's once that has told of it", () => {
    vi.useFakeTimers();
    const jobs = new OwnJobs();
    jobs.add({ key: "a", ref: { kind: "video", id: "7" }, title: "1강" });
    expect(jobs.jobs.get()).toMatchObject([{ isFresh: true, isListed: false }]);
    const told = vi.fn<() => void>();
    jobs.jobs.subscribe(told);
    jobs.noteListed(new Set(["video:8"]));
    expect(told).not.toHaveBeenCalled();
    jobs.noteListed(new Set(["video:7"]));
    vi.advanceTimersByTime(2_000);
    expect(jobs.jobs.get()).toMatchObject([{ isFresh: false, isListed: true }]);
    jobs.add({ key: "b", ref: { kind: "video", id: "9" }, title: "2강" });
    jobs.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
