import { FINAL_VERSION, foreignNeedsHash, jobRef, readForeignValue } from "@statusplane/core";
import { describe, expect, it } from "vitest";

const video = jobRef("7", "video", "42");
const job = jobRef("7", "job", "a");

describe("readForeignValue", () => {
  it("completes a PROCESSING video from its hash", () => {
    const text = '{"status": "PROCESSING"}';
    expect(foreignNeedsHash(text)).toBe(true);
    const value = readForeignValue(video, text, {
      percent: "35",
      remaining_seconds: "90",
      step_index: "2",
      step_total: "4",
      step_name_display: "인코딩",
      step_percent: "40",
    });
    expect(value?.head).toEqual({ attempt: 0, version: 0, status: "PROCESSING" });
    expect(JSON.parse(value?.text ?? "")).toEqual({
      attempt: 0,
      version: 0,
      status: "PROCESSING",
      id: 42,
      title: null,
      encoding_progress: 35,
      encoding_remaining_seconds: 90,
      encoding_step_index: 2,
      encoding_step_total: 4,
      encoding_step_key: null,
      encoding_step_name: "인코딩",
      encoding_step_percent: 40,
      record: false,
      updated_at: null,
    });
  });

  it("takes a terminal value as final, with the note's members", () => {
    const text = '{"status": "FAILED", "hls_path": null, "duration": 61.4, "error_reason": "\\uc2e4\\ud328"}';
    const value = readForeignValue(video, text, null);
    expect(value?.head.version).toBe(FINAL_VERSION);
    expect(JSON.parse(value?.text ?? "")).toMatchObject({
      error_reason: "실패",
      duration: 61,
      hls_path: null,
    });
    const done = readForeignValue(
      job,
      '{"status": "DONE", "job_type": "ocr", "title": "5월", "result": {"lines": 2}}',
      null,
    );
    expect(JSON.parse(done?.text ?? "")).toMatchObject({
      job_id: "a",
      job_type: "ocr",
      title: "5월",
      result: { lines: 2 },
      progress: null,
    });
  });

  it.each(["not json", "[]", "null", '{"status":"RUNNING"}', "{}"])("does not understand %s", (text) => {
    expect(readForeignValue(job, text, null)).toBeNull();
    expect(foreignNeedsHash(text)).toBe(false);
  });

  it("changes its ETag with every byte of text or hash", () => {
    const text = '{"status": "PROCESSING"}';
    const etags = [null, {}, { percent: "1" }, { percent: "2" }].map(
      (hash) => readForeignValue(job, text, hash)?.etag,
    );
    expect(new Set(etags).size).toBe(4);
    expect(readForeignValue(job, `${text} `, null)?.etag).not.toBe(etags[0]);
  });
});
