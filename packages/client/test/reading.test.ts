import { encodeSnapshot, jobRef, type Progress, type Snapshot } from "@statusplane/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBody } from "../src/reading.ts";
import { progressBody } from "./fake-server.ts";
import { job, video } from "./setup.ts";

const progress: Progress = {
  percent: 42,
  remainingSeconds: 90,
  step: { index: 2, total: 4, key: "copy", name: "복사", percent: 30 },
};
const base = { attempt: 2, updatedAt: "2026-01-01T00:00:00.000Z" };
const ofVideo = { ...base, ref: jobRef("7", "video", "1"), jobType: "clip", title: "5월" };
const ofJob = { ...base, ref: jobRef("7", "job", "a"), jobType: "report", title: "5월" };

/** What the client makes of the very text that a worker serialises. */
function read(snapshot: Snapshot, language: "ko" | "en" = "ko") {
  const ref = snapshot.ref.kind === "video" ? video("1") : job("a");
  return readBody(ref, JSON.parse(encodeSnapshot(snapshot).text), language).job;
}

describe("what core serialises is read back", () => {
  it.each([
    ["a video", { ...ofVideo, status: "PROCESSING", version: 9, progress }],
    ["a job", { ...ofJob, status: "PROCESSING", version: 9, progress, partialResult: { rows: 12 } }],
  ] as const)("of %s while PROCESSING", (_, snapshot) => {
    expect(read(snapshot)).toMatchObject({
      status: "PROCESSING",
      attempt: 2,
      version: 9,
      percent: 42,
      remainingSeconds: 90,
      step: { index: 2, total: 4, key: "copy", name: "복사", percent: 30 },
      updatedAt: base.updatedAt,
    });
  });

  it("with the partial result", () => {
    const snapshot: Snapshot = {
      ...ofJob,
      status: "PROCESSING",
      version: 9,
      progress,
      partialResult: { rows: 12 },
    };
    expect(read(snapshot).partialResult).toEqual({ rows: 12 });
  });

  it("with the next try while PENDING", () => {
    const nextTry = {
      retryAt: "2026-01-01T00:01:00.000Z",
      lastErrorCode: "input_broken",
      try: 2,
      maxTries: 3,
    };
    expect(read({ ...ofVideo, status: "PENDING", nextTry })).toMatchObject({
      percent: null,
      version: 0,
      nextTry,
    });
    expect(read({ ...ofVideo, status: "PENDING", nextTry: null }).nextTry).toBeUndefined();
  });

  it("at the end of a video", () => {
    expect(
      read({ ...ofVideo, status: "READY", outputPath: "7/1/2/main", durationSeconds: 61 }),
    ).toMatchObject({
      status: "READY",
      percent: 100,
      outputPath: "7/1/2/main",
      durationSeconds: 61,
    });
  });

  it("at the end of a job, inline or too large", () => {
    expect(read({ ...ofJob, status: "DONE", result: { kind: "inline", value: { total: 3 } } })).toMatchObject(
      {
        percent: 100,
        jobType: "report",
        result: { total: 3 },
        resultUrl: null,
        resultBytes: null,
      },
    );
    expect(
      read({ ...ofJob, status: "DONE", result: { kind: "large", bytes: 9_000, text: null } }),
    ).toMatchObject({
      result: null,
      resultUrl: "/api/v1/jobs/a/result/",
      resultBytes: 9_000,
    });
  });

  it("at a cancellation, with what was kept", () => {
    expect(read({ ...ofJob, status: "CANCELLED", result: { kind: "inline", value: 5 } })).toMatchObject({
      percent: null,
      errorCode: "cancelled",
      errorMessage: null,
      result: 5,
    });
  });

  it("at a failure", () => {
    const failure = { errorCode: "input_broken", errorMessage: "파일이 손상되었습니다." };
    expect(read({ ...ofVideo, status: "FAILED", ...failure })).toMatchObject({ percent: null, ...failure });
    expect(read({ ...ofJob, status: "FAILED", ...failure })).toMatchObject(failure);
  });
});

describe("what is shown", () => {
  it.each([
    [0, 1],
    [0.4, 1],
    [50.4, 50],
    [99.6, 99],
    [100, 99],
    [-3, 1],
    [null, null],
    ["50", null],
  ])("is percent %s as %s while PROCESSING", (percent, shown) => {
    const body = {
      status: "PROCESSING",
      attempt: 1,
      version: 1,
      ...progressBody({ percent }),
    };
    expect(readBody(video("1"), body, "ko").job.percent).toBe(shown);
    expect(readBody(job("a"), body, "ko").job.percent).toBe(shown);
  });

  it.each(["stepIndex", "stepTotal", "stepName", "stepPercent"])("is a step only with its %s", (part) => {
    const whole = { stepIndex: 1, stepTotal: 3, stepName: "검사", stepPercent: 0 };
    const body = (parts: object) => ({ status: "PROCESSING", ...progressBody(parts) });
    expect(readBody(video("1"), body(whole), "ko").job.step).toEqual({
      index: 1,
      total: 3,
      key: null,
      name: "검사",
      percent: 0,
    });
    expect(readBody(video("1"), body({ ...whole, [part]: null }), "ko").job.step).toBeUndefined();
  });

  it("is an unknown remaining time as undefined, not 0", () => {
    const remaining = (remainingSeconds: number | null) =>
      readBody(video("1"), { status: "PROCESSING", ...progressBody({ remainingSeconds }) }, "ko").job
        .remainingSeconds;
    expect([remaining(null), remaining(0)]).toEqual([undefined, 0]);
  });

  it.each([
    [video("1"), "ko", "영상 처리 실패"],
    [job("a"), "ko", "처리 실패"],
    [video("1"), "en", "Video processing failed"],
    [job("a"), "en", "Processing failed"],
  ] as const)("is a failure without a reason by a sentence of its own", (ref, language, sentence) => {
    expect(
      readBody(ref, { status: "FAILED", error_reason: null, error_message: "" }, language).job.errorMessage,
    ).toBe(sentence);
  });

  it("is a record without a version at the version its status has", () => {
    const versions = ["PENDING", "PROCESSING", "READY"].map(
      (status) => readBody(video("1"), { status, attempt: 2 }, "ko").job.version,
    );
    expect(versions).toEqual([0, 1, 2_147_483_647]);
  });
});

it("reads anything at all without throwing", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (body, progress) => {
      readBody(video("1"), body, "ko");
      const statuses = ["PENDING", "PROCESSING", "DONE", "FAILED", "CANCELLED"];
      for (const status of statuses) readBody(job("a"), { status, attempt: 1, progress, result: body }, "ko");
    }),
  );
});
