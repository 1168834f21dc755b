import type { WatchedJob } from "@statusplane/client";
import { en } from "../src/text/en.ts";
import { ko } from "../src/text/ko.ts";
import type { TextAndFormat } from "../src/text/index.ts";

/** The sentences of a language, and numbers as they are. */
export function textOf(language: "ko" | "en"): TextAndFormat {
  return {
    language,
    messages: language === "ko" ? ko : en,
    count: String,
    remaining: (seconds) => `${seconds}s`,
    length: (seconds) => `${seconds}s`,
    bytes: String,
    moment: (iso) => iso,
  };
}

/** A watched job of which nothing is known but what is given. */
export function aJob(members: Partial<WatchedJob> & Pick<WatchedJob, "status">): WatchedJob {
  return {
    ref: { kind: "video", id: "1" },
    jobType: null,
    title: null,
    unknownStatus: undefined,
    percent: null,
    remainingSeconds: undefined,
    step: undefined,
    attempt: 1,
    version: 1,
    updatedAt: null,
    isStalled: false,
    unchangedMinutes: undefined,
    nextTry: undefined,
    errorCode: null,
    errorMessage: null,
    result: null,
    resultUrl: null,
    resultBytes: null,
    partialResult: undefined,
    outputPath: null,
    durationSeconds: null,
    gone: false,
    hasRecord: true,
    connection: "ok",
    ...members,
  };
}
