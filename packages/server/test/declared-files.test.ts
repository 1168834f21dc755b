import { jobRef, snapshotOfRecord, type JobRecord } from "@statusplane/core";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestServer, recordOf, signedIn, type TestServer } from "./fakes/index.ts";

const job = jobRef("1", "job", "a");
const DONE: Partial<JobRecord> = {
  status: "DONE",
  attempt: 2,
  result: { kind: "inline", value: 1 },
  files: [{ name: "report.csv", bytes: 10 }],
};

let test: TestServer;
let one: { authorization: string };
beforeEach(async () => {
  test = await openTestServer();
  one = await signedIn(1);
});
afterEach(() => test.close());

const get = (name: string, headers: Record<string, string> = {}) =>
  test.server.inject({ url: `/api/v1/jobs/a/files/${name}`, headers: { ...one, ...headers } });
/** The row, and the snapshot that it tells, unless Redis has lost it. */
function put(changes: Partial<JobRecord>, where: "row and store" | "row" = "row and store"): void {
  const record = test.records.put(recordOf(job, changes));
  if (where === "row") test.store.forget(job);
  else test.store.put(snapshotOfRecord(record));
}

describe("a file that a job declared", () => {
  beforeEach(async () => {
    await test.files.writeOutput(job, 1, "report.csv", "of attempt 1");
    await test.files.writeOutput(job, 2, "report.csv", "0123456789");
    await test.files.writeOutput(job, 2, "undeclared.csv", "secret");
  });

  it("is an attachment, of the attempt that the snapshot names, without a statement", async () => {
    put(DONE);
    const answer = await get("report.csv/");
    expect([answer.statusCode, answer.body]).toEqual([200, "0123456789"]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="report.csv"',
      "content-length": "10",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
      "accept-ranges": "bytes",
    });
    expect(test.records.statements).toEqual([]);
  });

  it("is sent in parts, and not again where it has not changed", async () => {
    put(DONE);
    const part = await get("report.csv", { range: "bytes=2-4" });
    expect([part.statusCode, part.body, part.headers["content-range"]]).toEqual([206, "234", "bytes 2-4/10"]);
    const { etag } = part.headers;
    expect((await get("report.csv", { "if-none-match": String(etag) })).statusCode).toBe(304);
    expect((await get("report.csv", { range: "bytes=10-" })).statusCode).toBe(416);
  });

  it("is found by one look at the row where the snapshot is lost", async () => {
    put(DONE, "row");
    expect((await get("report.csv")).body).toBe("0123456789");
    expect(test.records.statements).toEqual(["findMany"]);
  });

  it("is told by snapshot, detail and history", async () => {
    put(DONE);
    for (const url of ["/api/v1/jobs/a/", "/api/v1/jobs/a/progress/"]) {
      expect((await test.server.inject({ url, headers: one })).json().files).toEqual(DONE.files);
    }
    const page = (await test.server.inject({ url: "/api/v1/jobs/", headers: one })).json();
    expect(page.items[0].files).toEqual(DONE.files);
    put({ ...DONE, files: [] });
    expect(
      (await test.server.inject({ url: "/api/v1/jobs/", headers: one })).json().items[0],
    ).not.toHaveProperty("files");
  });

  it.each([
    "undeclared.csv",
    "%2e%2e%2f1%2freport.csv",
    "..%2F1%2Freport.csv",
    "report.csv%00",
    "result.json",
  ])("is the only one: %s is not there", async (name) => {
    for (const where of ["row and store", "row"] as const) {
      put(DONE, where);
      expect([where, (await get(name)).statusCode]).toEqual([where, 404]);
    }
  });

  it.each<Partial<JobRecord>>([
    { status: "PROCESSING", attempt: 2 },
    { status: "FAILED", attempt: 2 },
    { status: "CANCELLED", attempt: 2 },
    { ...DONE, files: [] },
    { ...DONE, attempt: 3 },
  ])("is not there before its job is done, nor of another attempt: %j", async (changes) => {
    for (const where of ["row and store", "row"] as const) {
      put(changes, where);
      expect((await get("report.csv")).json()).toMatchObject({ status: 404, code: "file_not_found" });
    }
  });

  it("is no other tenant's, and no watch token's", async () => {
    put(DONE);
    const foreign = await test.server.inject({
      url: "/api/v1/jobs/a/files/report.csv",
      headers: await signedIn(2),
    });
    expect(foreign.json().code).toBe("record_not_found");
    const token = await test.server.inject({
      method: "POST",
      url: "/api/v1/watch-token/",
      headers: one,
      payload: { jobs: ["a"] },
    });
    expect(
      (await get("report.csv", { authorization: `Bearer ${token.json().watch_token}` })).statusCode,
    ).toBe(404);
  });

  it("is not read through a link, be it the file or the attempt's folder", async () => {
    put({ ...DONE, files: [{ name: "link.csv", bytes: 1 }] });
    const folder = test.files.outputFolder(job, 2);
    symlinkSync("/etc/passwd", join(folder, "link.csv"));
    expect((await get("link.csv")).json().code).toBe("file_not_found");
    const theirs = jobRef("2", "job", "b");
    await test.files.writeOutput(theirs, 1, "link.csv", "secret");
    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, ".."), { recursive: true });
    symlinkSync(test.files.outputFolder(theirs, 1), folder);
    expect((await get("link.csv")).json().code).toBe("file_not_found");
  });
});
