// @vitest-environment happy-dom
import type { JobTypeInfo } from "@statusplane/client";
import { describe, expect, test } from "vitest";
import { JobWords } from "../src/job/index.ts";
import { jobFace, type JobFace } from "../src/live/job-face.ts";
import { en } from "../src/text/en.ts";
import { ko } from "../src/text/ko.ts";
import { aJob, textOf } from "./watched-jobs.ts";

/** What a server tells of its job types. */
const JOB_TYPES: readonly JobTypeInfo[] = [
  {
    ...{ jobType: "video_hls", kind: "video", maxTries: 3, label: { ko: "동영상", en: "Video" } },
    steps: [{ key: "encode", label: { ko: "인코딩", en: "Encoding" } }],
    errors: [
      { code: "ffmpeg_missing", retryable: true, ko: "ffmpeg가 없습니다.", en: "ffmpeg is missing." },
      { code: "encode_failed", retryable: true, ko: "인코딩에 실패했습니다.", en: "Encoding failed." },
      { code: "video_unreadable", retryable: false, ko: "읽을 수 없습니다.", en: "It cannot be read." },
    ],
  },
  {
    ...{ jobType: "page_scan", kind: "job", maxTries: 3, label: { ko: "쪽 인식", en: "Page scan" } },
    ...{ steps: [{ key: "read", label: { ko: "읽기", en: "Reading" } }], errors: [] },
  },
];

interface Options {
  readonly language?: "ko" | "en";
  readonly waiting?: Readonly<Record<string, string>>;
  readonly isCancelling?: boolean;
  readonly ahead?: number;
}

const face = (members: Parameters<typeof aJob>[0], options: Options = {}): JobFace =>
  jobFace(aJob(members), {
    text: textOf(options.language ?? "ko"),
    jobWords: new JobWords(textOf(options.language ?? "ko"), JOB_TYPES),
    waiting: options.waiting ?? {},
    isCancelling: options.isCancelling ?? false,
    ahead: options.ahead,
  });

const anImport = { ref: { kind: "job", id: "1" }, jobType: "excel_import" } as const;

describe("a job's face", () => {
  const step = { index: 2, total: 4, key: "encode", name: "인코딩", percent: 70 };

  test("while it runs says percent, step and remaining time, to the ear too", () => {
    const running = { status: "PROCESSING", percent: 63, remainingSeconds: 112, step } as const;
    expect(face(running)).toEqual({
      status: "처리 중",
      tone: "plain",
      aside: "63%",
      bar: {
        ...{ percent: 63, remainingSeconds: 112, tone: "moving" },
        valueText: "63퍼센트, 2/4단계 · 인코딩, 약 112s 남음",
      },
      line: ["2/4단계 · 인코딩", "약 112s 남음"],
    });
    expect(face(running, { language: "en" }).line).toEqual(["Step 2 of 4 · Encoding", "about 112s left"]);
  });

  test("of a type that this page has no folder for is told in the server's words", () => {
    const members = { ref: { kind: "job", id: "1" }, jobType: "page_scan" } as const;
    const reading = { index: 1, total: 2, key: "read", name: "읽기", percent: 10 };
    const running = face({ ...members, status: "PROCESSING", percent: 7, step: reading }, { language: "en" });
    expect(running).toMatchObject({ aside: "7%", line: ["Step 1 of 2 · Reading"] });
    expect(face({ ...members, status: "DONE", result: { pages: 2 } })).toMatchObject({
      status: "완료",
      tone: "good",
      line: [],
    });
    const words = new JobWords(textOf("en"), JOB_TYPES);
    expect(words.untitled(aJob({ ...members, status: "PENDING" }))).toBe("Page scan 1");
    expect(words.type({ ...members, jobType: "never_told" })).toBe(en.job.otherType);
  });

  test("names a step that this page does not know as the server does", () => {
    const unknown = { ...step, key: "transcode", name: "변환" };
    expect(face({ status: "PROCESSING", step: unknown }, { language: "en" }).line).toEqual([
      "Step 2 of 4 · 변환",
    ]);
  });

  test("has an indeterminate bar while nothing is known of the progress", () => {
    expect(face({ status: "PROCESSING" })).toMatchObject({ aside: "", bar: { percent: null }, line: [] });
    expect(face({ status: "UNKNOWN" })).toMatchObject({ status: "확인 중", bar: { percent: null } });
  });

  test("says for how long it saw no change, where the job itself tells no time", () => {
    const members = { status: "PROCESSING", attempt: 0, unchangedMinutes: 10, percent: 5, step } as const;
    const line = "10분 동안 변화가 없습니다";
    expect(face({ ...members, remainingSeconds: 90 })).toMatchObject({
      tone: "warn",
      bar: { percent: 5, valueText: `5퍼센트, ${line}`, tone: "warn" },
      line: [line],
    });
    expect(face(members, { language: "en" }).line).toEqual(["No change for 10 minutes"]);
    const long = { ...members, unchangedMinutes: 185 };
    expect(face(long).line).toEqual(["3시간 동안 변화가 없습니다"]);
    expect(face({ ...long, unchangedMinutes: 119 }, { language: "en" }).line).toEqual([
      "No change for 1 hour",
    ]);
  });

  test("says that there is no news when it is stalled", () => {
    expect(face({ status: "PROCESSING", isStalled: true, percent: 5, step })).toMatchObject({
      tone: "warn",
      line: [ko.job.stalled],
    });
  });

  test("while it waits says for which try and why", () => {
    const nextTry = { retryAt: "T", lastErrorCode: "worker_lost", try: 2, maxTries: 3 };
    expect(face({ status: "PENDING", nextTry }, { language: "en" })).toMatchObject({
      status: "Retrying (attempt 2 of 3)",
      line: ["The worker stopped unexpectedly.", "again at T"],
    });
  });

  test("while others are before it says how many", () => {
    expect(face({ status: "PENDING" }, { ahead: 2 }).line).toEqual(["앞에 2건"]);
    expect(face({ status: "PENDING" }, { ahead: 2, language: "en" }).line).toEqual(["2 before it"]);
    expect(face({ status: "PENDING" }, { ahead: 0 }).line).toEqual([]);
  });

  test("while no worker can run it says what is missing", () => {
    const waiting = { video_hls: "ffmpeg_missing" };
    expect(face({ status: "PENDING" }, { waiting }).line).toEqual([ko.job.noWorker("ffmpeg가 없습니다.")]);
    expect(face({ status: "PENDING", ref: { kind: "job", id: "1" } }, { waiting }).line).toEqual([]);
  });

  test("says that its end is on the way once it was asked for", () => {
    expect(face({ status: "PROCESSING", percent: 9 }, { isCancelling: true }).status).toBe(ko.job.cancelling);
    expect(face({ status: "PENDING" }, { isCancelling: true }).status).toBe(ko.job.cancelling);
  });

  test("at its success is full, with the video's length or the rows", () => {
    expect(face({ status: "READY", percent: 100, durationSeconds: 24 })).toMatchObject({
      tone: "good",
      bar: { percent: 100 },
      line: ["길이 24s"],
    });
    const result = { total: 500, inserted: 500 };
    expect(face({ ...anImport, status: "DONE", result }).line).toEqual(["전체 500행"]);
  });

  test("of an import that left something out, or imported nothing, is amber or red, in words too", () => {
    const done = (outcome: string): JobFace =>
      face({ ...anImport, status: "DONE", result: { total: 2, inserted: 1, rejected: 1, outcome } });
    expect(done("complete")).toMatchObject({ status: "완료", tone: "good", bar: { tone: "good" } });
    expect(done("partial")).toMatchObject({ status: "일부만 가져옴", tone: "warn", bar: { tone: "warn" } });
    expect(done("none")).toMatchObject({ status: "가져온 행 없음", tone: "bad", bar: { tone: "bad" } });
    expect(done("unheard of")).toMatchObject({ status: "완료", tone: "good" });
  });

  test("at its failure says the server's sentence in Korean and the code's in English", () => {
    const failed = {
      status: "FAILED",
      errorCode: "video_unreadable",
      errorMessage: "읽을 수 없습니다.",
    } as const;
    expect(face(failed)).toMatchObject({ tone: "bad", bar: null, line: ["읽을 수 없습니다."] });
    expect(face(failed, { language: "en" }).line).toEqual(["It cannot be read."]);
    expect(
      face({ status: "FAILED", errorCode: "toString", errorMessage: "모름" }, { language: "en" }).line,
    ).toEqual(["모름"]);
    expect(face({ status: "FAILED" }, { language: "en" }).line).toEqual([en.job.failedVideo]);
  });

  test.each([
    ["CANCELLED", "cancelled", true],
    ["FAILED", "worker_lost", true],
    ["FAILED", "encode_failed", true],
    ["FAILED", null, true],
    ["FAILED", "a_code_of_its_own", true],
    ["FAILED", "video_unreadable", false],
    ["FAILED", "input_gone", false],
    ["DONE", null, false],
    ["PROCESSING", null, false],
  ] as const)("%s by %j may be tried again: %j", (status, errorCode, may) => {
    expect(new JobWords(textOf("ko"), JOB_TYPES).mayRetry({ status, errorCode })).toBe(may);
  });

  test("says so when it is cancelled, and when nobody knows it any more", () => {
    expect(face({ status: "CANCELLED" }).status).toBe("취소됨");
    expect(face({ status: "PROCESSING", gone: true })).toMatchObject({ status: ko.job.gone, bar: null });
  });
});
