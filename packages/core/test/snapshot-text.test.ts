import { encodeSnapshot, jobRef, parseHead, type Snapshot } from "@statusplane/core";
import type { JobProgressBody, VideoProgressBody } from "@statusplane/core/wire";
import { describe, expect, it } from "vitest";

const updatedAt = "2026-03-01T00:00:00.000Z";
const video = { ref: jobRef("7", "video", "42"), jobType: "clip", title: "5월", attempt: 2, updatedAt };
const job = { ref: jobRef("7", "job", "a-1"), jobType: "copy", title: "5월", attempt: 1, updatedAt };
const step = { index: 2, total: 4, key: "draw", name: "그리기", percent: 40 };

function bodyOf<Body>(snapshot: Snapshot): Body {
  const { text, attempt, version, status } = encodeSnapshot(snapshot);
  expect(parseHead(text)).toEqual({ attempt, version, status });
  return JSON.parse(text) as Body;
}

describe("a video's snapshot", () => {
  it("carries the encoding members while PROCESSING, and its hash the note's fields", () => {
    const snapshot: Snapshot = {
      ...video,
      status: "PROCESSING",
      version: 17,
      progress: { percent: 35, remainingSeconds: 90, step },
    };
    expect(bodyOf<VideoProgressBody>(snapshot)).toEqual({
      attempt: 2,
      version: 17,
      status: "PROCESSING",
      id: 42,
      title: "5월",
      encoding_progress: 35,
      encoding_remaining_seconds: 90,
      encoding_step_index: 2,
      encoding_step_total: 4,
      encoding_step_key: "draw",
      encoding_step_name: "그리기",
      encoding_step_percent: 40,
      updated_at: updatedAt,
    });
    expect(encodeSnapshot(snapshot).hash).toEqual({
      percent: "35",
      remaining_seconds: "90",
      step_index: "2",
      step_total: "4",
      step_key: "draw",
      step_name_display: "그리기",
      step_percent: "40",
    });
  });

  it("has null encoding members otherwise, adds path and duration when READY, the reason when FAILED", () => {
    const ready = bodyOf<VideoProgressBody>({
      ...video,
      status: "READY",
      outputPath: "7/42/2/main.list",
      durationSeconds: 61,
    });
    expect(ready).toMatchObject({ encoding_progress: null, hls_path: "7/42/2/main.list", duration: 61 });
    const failed = bodyOf<VideoProgressBody>({
      ...video,
      status: "FAILED",
      errorCode: "video_unreadable",
      errorMessage: 'a "quoted" reason',
    });
    expect(failed).toMatchObject({
      hls_path: null,
      duration: null,
      error_reason: 'a "quoted" reason',
      error_code: "video_unreadable",
    });
  });

  it("writes an id of up to 15 digits without leading zero as a number, every other as a string", () => {
    const idOf = (id: string): unknown =>
      bodyOf<VideoProgressBody>({ ...video, ref: jobRef("7", "video", id), status: "PENDING", nextTry: null })
        .id;
    expect(["42", "007", "123456789012345", "1234567890123456", "a1"].map(idOf)).toEqual([
      42,
      "007",
      123456789012345,
      "1234567890123456",
      "a1",
    ]);
  });
});

describe("a job's snapshot", () => {
  it("carries progress and the partial result while PROCESSING", () => {
    const body = bodyOf<JobProgressBody>({
      ...job,
      status: "PROCESSING",
      version: 3,
      progress: { percent: 10, remainingSeconds: null, step: null },
      partialResult: { rows: 12 },
    });
    expect(body).toMatchObject({
      job_id: "a-1",
      job_type: "copy",
      title: "5월",
      progress: { percent: 10, remaining_seconds: null, step_index: null },
      partial_result: { rows: 12 },
    });
  });

  it("tells why it waits for another try", () => {
    const body = bodyOf<JobProgressBody>({
      ...job,
      status: "PENDING",
      nextTry: { retryAt: updatedAt, lastErrorCode: "encode_failed", try: 2, maxTries: 3 },
    });
    expect(body).toMatchObject({
      progress: null,
      retry_at: updatedAt,
      last_error_code: "encode_failed",
      try: 2,
      max_tries: 3,
    });
  });

  it("carries an inline result, or size and URL of a large one", () => {
    expect(
      bodyOf<JobProgressBody>({ ...job, status: "DONE", result: { kind: "inline", value: [1] } }),
    ).toMatchObject({
      result: [1],
      error_message: null,
    });
    const large: Snapshot = { ...job, status: "DONE", result: { kind: "large", bytes: 9000, text: "[…]" } };
    expect(bodyOf<JobProgressBody>(large)).toMatchObject({
      result: null,
      result_bytes: 9000,
      result_url: "/api/v1/jobs/a-1/result/",
    });
    expect(encodeSnapshot(large).resultText).toBe("[…]");
  });

  it("ends CANCELLED with a code and what was kept", () => {
    const kept = { kind: "inline" as const, value: { inserted: 3 } };
    expect(bodyOf<JobProgressBody>({ ...job, status: "CANCELLED", result: kept })).toMatchObject({
      error_code: "cancelled",
      result: { inserted: 3 },
    });
  });

  it("refuses a result that JSON cannot say", () => {
    const result = { kind: "inline" as const, value: Number.NaN };
    expect(() => encodeSnapshot({ ...job, status: "DONE", result })).toThrow(TypeError);
  });
});

describe("parseHead", () => {
  it.each([
    '{"status": "DONE"}',
    '{"attempt":1,"version":2,"status":"SUCCESS","x":1}',
    '{"version":1,"attempt":2,"status":"DONE",',
    "",
  ])("does not take %s for ours", (text) => {
    expect(parseHead(text)).toBeNull();
  });
});

describe("a snapshot's title", () => {
  const textOf = (title: string | null, ref = job.ref): string =>
    encodeSnapshot({ ...job, ref, title, status: "PENDING", nextTry: null }).text;

  it("stands behind the names, null without one", () => {
    expect(textOf('"3강"')).toMatch(
      /^\{[^{]*"job_id":"a-1","job_type":"copy","title":"\\"3강\\"","progress":/,
    );
    expect(textOf(null)).toContain('"title":null,');
    expect(textOf("3강", video.ref)).toContain('"id":42,"title":"3강",');
  });

  it.each([
    ["한글", "가".repeat(201), "가".repeat(200)],
    ["pairs", "🎬".repeat(250), "🎬".repeat(200)],
    ["pairs behind one unit", `x${"🎬".repeat(250)}`, `x${"🎬".repeat(199)}`],
    ["200 pairs", "🎬".repeat(200), "🎬".repeat(200)],
  ])("is cut after 200 characters, never within one: %s", (_name, title, cut) => {
    expect((JSON.parse(textOf(title)) as JobProgressBody).title).toBe(cut);
  });
});
