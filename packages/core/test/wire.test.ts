import { jobRef } from "@statusplane/core";
import {
  batchPath,
  detailPath,
  historyPath,
  pathOf,
  readBatch,
  readDetail,
  readJobTypes,
  readPage,
  readPlayback,
  readRecord,
  readSnapshot,
  readSubmitted,
  ROUTES,
} from "@statusplane/core/wire";
import { describe, expect, it } from "vitest";

const STRANGE: readonly unknown[] = [null, undefined, 7, "text", [], {}, [null], { items: 1 }, true];

describe("an address", () => {
  it("has its parameters in place, encoded, and what stands before it where the platform is mounted", () => {
    expect(detailPath(jobRef("7", "video", "42"))).toBe("/media/videos/42/");
    expect(detailPath({ kind: "job", id: "a/../b" }, "/status")).toBe("/status/api/v1/jobs/a%2F..%2Fb/");
    expect(pathOf(ROUTES.outputFile, { signature: "x.y", file: "a.part" }, "/p")).toBe(
      "/p/media/hls/x.y/a.part",
    );
  });

  it("carries the members of a query that are there", () => {
    expect(historyPath("job", { cursor: "c/1", status: "FAILED", job_type: undefined })).toBe(
      "/api/v1/jobs/?cursor=c%2F1&status=FAILED",
    );
    expect(historyPath("video", { cursor: null })).toBe("/media/videos/");
    expect(
      batchPath([
        { kind: "job", id: "a" },
        { kind: "video", id: "1" },
        { kind: "job", id: "b" },
      ]),
    ).toBe("/api/v1/progress/?videos=1&jobs=a,b");
  });
});

describe("what an answer says", () => {
  it("is checked: strange values are nothing, and never an exception", () => {
    for (const value of STRANGE) {
      expect(readRecord("video", value)).toBeNull();
      expect(readDetail({ kind: "job", id: "a" }, value)).toBeNull();
      expect(readPage(value, () => 1)).toBeNull();
      expect(readBatch(value)).toBeNull();
      expect(readSubmitted("job", value)).toBeNull();
      expect(readPlayback(value)).toBeNull();
      expect(readJobTypes(value)).toBeNull();
      expect(readSnapshot("job", value)).toMatchObject({
        ...{ status: null, always: { attempt: 0, title: null } },
      });
    }
  });

  it("is the same for both kinds, whatever they call it", () => {
    const common = { status: "FAILED", title: "1강", attempt: 2, tries: 3, max_tries: 3, error_code: "x" };
    const video = readRecord("video", { ...common, id: 42, error_reason: "no", duration: 24.4 });
    const job = readRecord("job", { ...common, job_id: "42", job_type: "ocr", error_message: "no" });
    expect(video).toMatchObject({ ref: { kind: "video", id: "42" }, jobType: null, errorMessage: "no" });
    expect(readSnapshot("video", common).always.title).toBe("1강");
    expect(readSnapshot("job", { title: 5 }).always.title).toBeNull();
    expect(video?.output).toMatchObject({ durationSeconds: 24, playUrls: null, renditions: null });
    expect(job).toMatchObject({
      ref: { kind: "job", id: "42" },
      jobType: "ocr",
      errorMessage: "no",
      output: null,
    });
  });

  it("is a record of UNKNOWN for a status of later times", () => {
    expect(readRecord("job", { job_id: "a", status: "DREAMING" })?.status).toBe("UNKNOWN");
  });

  it("has the attempts of a detail, without what is none", () => {
    const attempts = [
      {
        attempt: 1,
        started_at: "2026-03-02T06:05:00.123Z",
        error_code: "x",
        steps: [{ key: "read", seconds: 0.5 }, {}],
      },
      { attempt: 2, steps: null },
      "junk",
    ];
    const detail = readDetail({ kind: "job", id: "a" }, { status: "DONE", attempts });
    expect(detail?.attempts).toEqual([
      {
        attempt: 1,
        startedAt: "2026-03-02T06:05:00.123Z",
        endedAt: null,
        errorCode: "x",
        steps: [{ key: "read", seconds: 0.5 }],
      },
      { attempt: 2, startedAt: null, endedAt: null, errorCode: null, steps: null },
    ]);
  });

  it("tells the jobs of a batch apart from names that every object has", () => {
    const batch = readBatch({ videos: {}, jobs: { a: { status: "DONE" } } });
    expect(batch).toMatchObject({ jobs: [{ kind: "job", id: "a" }] });
    expect(batch?.bodyOf({ kind: "job", id: "constructor" })).toBeUndefined();
  });
});
