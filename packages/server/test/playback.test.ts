import { jobRef } from "@statusplane/core";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestServer, recordOf, signedIn, type TestServer } from "./fakes/index.ts";

const ref = jobRef("1", "video", "42");
const PLAYLIST = "list\npart-0.bin\n";
const SEGMENT = "0123456789";

let test: TestServer;
let one: { authorization: string };
let base: string;
beforeEach(async () => {
  test = await openTestServer();
  one = await signedIn(1);
  test.store.put({
    ref,
    jobType: "render",
    title: null,
    attempt: 2,
    updatedAt: "2026-03-01T00:00:00.000Z",
    status: "READY",
    outputPath: "1/42/2/main.list",
    durationSeconds: 8,
  });
  await test.files.writeOutput(ref, 2, "main.list", PLAYLIST);
  await test.files.writeOutput(ref, 2, "part-1.bin", SEGMENT);
  await test.files.writeOutput(ref, 2, "cover.png", "png");
  const answer = await playback();
  base = answer.json().hls_url.replace(/main\.list$/, "");
});
afterEach(async () => {
  vi.useRealTimers();
  await test.close();
});

const playback = (id = "42", headers = one) =>
  test.server.inject({ url: `/media/videos/${id}/playback/`, headers });
const get = (url: string, headers: Record<string, string> = {}) => test.server.inject({ url, headers });

describe("the playback endpoint", () => {
  it("signs the addresses of the READY attempt without a statement", async () => {
    const { hls_url: hls, poster_url: poster, expires_at: expiresAt } = (await playback()).json();
    expect((await get(hls)).body).toBe(PLAYLIST);
    expect((await get(poster)).headers["content-type"]).toBe("image/png");
    const lifeMs = Date.parse(expiresAt) - Date.now();
    expect(lifeMs).toBeGreaterThan(5 * 3_600_000);
    expect(lifeMs).toBeLessThanOrEqual(6 * 3_600_000);
    expect(test.records.statements).toEqual([]);
  });

  it("reads the row once where Redis says nothing, and tells Redis what it found", async () => {
    test.store.forget(ref);
    test.records.put(
      recordOf(ref, {
        status: "READY",
        attempt: 2,
        result: { kind: "inline", value: { hls_path: "x", duration: 8 } },
      }),
    );
    expect((await get((await playback()).json().hls_url)).statusCode).toBe(200);
    await playback();
    expect(test.records.statements).toEqual(["findMany"]);
    expect(test.store.writes).toEqual(["finish READY 2 accepted"]);
  });

  it("refuses what is not READY, and does not know the unknown or another tenant's", async () => {
    test.store.put({
      ref: jobRef("1", "video", "9"),
      jobType: "render",
      title: null,
      attempt: 1,
      updatedAt: "",
      status: "PENDING",
      nextTry: null,
    });
    expect((await playback("9")).json()).toMatchObject({ status: 409, code: "not_playable" });
    const [unknown, foreign, malformed] = [
      await playback("7"),
      await playback("42", await signedIn(2)),
      await playback("4%202"),
    ];
    expect([unknown.statusCode, foreign.body, malformed.body]).toEqual([404, unknown.body, unknown.body]);
  });

  it("answers 503 and asks no database while the store is away", async () => {
    test.store.down = true;
    expect((await playback()).json()).toMatchObject({ code: "store_unavailable" });
    expect(test.records.statements).toEqual([]);
  });
});

describe("played files", () => {
  it("are served with type, life and length, without a token and without a look at any store", async () => {
    const reads = test.store.reads;
    const answer = await get(`${base}part-1.bin`);
    expect([answer.statusCode, answer.body]).toEqual([200, SEGMENT]);
    expect(answer.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "10",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers["cache-control"]).toMatch(/^private, max-age=\d{5}, immutable$/);
    expect(
      (await get(`${base}part-1.bin`, { "if-none-match": String(answer.headers.etag) })).statusCode,
    ).toBe(304);
    const head = await test.server.inject({ method: "HEAD", url: `${base}part-1.bin` });
    expect([head.statusCode, head.headers["content-length"], head.body]).toEqual([200, "10", ""]);
    expect(test.store.reads).toBe(reads);
    expect(test.records.statements).toEqual([]);
  });

  it.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=-50", 206, SEGMENT, "bytes 0-9/10"],
    ["bytes=8-500", 206, "89", "bytes 8-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=5-2", 200, SEGMENT, undefined],
    ["bytes=0-1,4-5", 200, SEGMENT, undefined],
    ["lines=0-1", 200, SEGMENT, undefined],
  ])("honour Range: %s", async (range, status, body, contentRange) => {
    const answer = await get(`${base}part-1.bin`, { range });
    expect([answer.statusCode, answer.body, answer.headers["content-range"]]).toEqual([
      status,
      body,
      contentRange,
    ]);
  });

  it("send the whole where If-Range names another file", async () => {
    const answer = await get(`${base}part-1.bin`, { range: "bytes=0-1", "if-range": '"other"' });
    expect([answer.statusCode, answer.body]).toEqual([200, SEGMENT]);
  });

  it.each([
    "..%2fmain.list",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "result.json",
    "left-out.txt",
    "main.list%00.png",
    "MAIN.LIST",
    "main.list.part",
    ".main.list",
    "part-01.bin",
    "part-1.bin%0a",
    "part-1.bin%2f..%2fmain.list",
    "%5c..%5cmain.list",
    "part-9.bin",
  ])("do not exist by the name %s", async (name) => {
    await test.files.writeOutput(ref, 2, "result.json", "secret");
    const answer = await get(`${base}${name}`);
    expect([answer.statusCode, answer.body.includes("secret")]).toEqual([404, false]);
  });

  it("are never reached through a link, a link as folder included", async () => {
    const secret = await test.files.writeOutput(jobRef("2", "video", "42"), 1, "main.list", "secret");
    await symlink(secret, join(test.files.outputFolder(ref, 2), "part-4.bin"));
    expect((await get(`${base}part-4.bin`)).statusCode).toBe(404);
    await symlink("main.list", join(test.files.outputFolder(ref, 2), "part-2.bin"));
    expect((await get(`${base}part-2.bin`)).statusCode).toBe(404);
    const others = test.files.outputFolder(jobRef("2", "video", "42"), 1);
    await rm(test.files.outputFolder(ref, 2), { recursive: true });
    await symlink(others, test.files.outputFolder(ref, 2));
    expect((await get(`${base}main.list`)).statusCode).toBe(404);
    await rm(dirname(test.files.outputFolder(ref, 2)), { recursive: true });
    await mkdir(join(others, "2"));
    await rename(join(others, "main.list"), join(others, "2", "main.list"));
    await symlink(others, dirname(test.files.outputFolder(ref, 2)));
    expect((await get(`${base}main.list`)).statusCode).toBe(404);
  });

  it("do not exist under a forged signature: every flipped character, field and order", async () => {
    const signature = base.split("/")[3] ?? "";
    const [said = "", mac = ""] = signature.split(".");
    const flipped = Array.from(
      signature,
      (each, at) => signature.slice(0, at) + (each === "A" ? "B" : "A") + signature.slice(at + 1),
    );
    const other = Buffer.from(said, "base64url").toString().replace(/^1\./, "2.");
    const forged = [
      ...flipped,
      said,
      mac,
      "",
      ".",
      `.${mac}`,
      `${said}.`,
      `${said}.${mac}.${mac}`,
      `${said}.${mac}=`,
      `${said}=.${mac}`,
      `${Buffer.from(other).toString("base64url")}.${mac}`,
      "x".repeat(900),
    ];
    const statuses = await Promise.all(
      forged.map(async (each) => (await get(`/media/hls/${encodeURIComponent(each)}/main.list`)).statusCode),
    );
    expect(new Set(statuses)).toEqual(new Set([404]));
  });

  it("tell an expired signature apart, so that a player asks again", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + 6 * 3_600_000 + 1_000);
    expect((await get(`${base}main.list`)).json()).toMatchObject({
      status: 403,
      code: "signature_expired",
    });
  });

  it("belong to the signed attempt alone", async () => {
    await test.files.writeOutput(ref, 3, "part-3.bin", "attempt 3");
    expect((await get(`${base}part-3.bin`)).statusCode).toBe(404);
  });
});
