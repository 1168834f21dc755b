import { bitmapOf, GRANT_LIFE_MS, jobRef, viewRef } from "@statusplane/core";
import { DEFAULT_POLICY, type PolicyBody, type ReportBody, type ViewBody } from "@statusplane/core/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ViewGrants } from "../src/views/index.ts";
import { FakeViewRecords, openTestServer, signedIn, type TestServer } from "./fakes/index.ts";

let test: TestServer;
let records: FakeViewRecords;
let alice: { authorization: string };
beforeEach(async () => {
  records = new FakeViewRecords();
  test = await openTestServer({ viewRecords: records });
  alice = await signedIn(1, { sub: "alice", scope: "play" });
  for (const id of ["42", "43"]) {
    test.store.put({
      ...{ ref: jobRef("1", "video", id), jobType: "render", title: null, attempt: 1, updatedAt: "" },
      ...{ status: "READY", outputPath: `1/${id}/1/main.list`, durationSeconds: 100 },
    });
    await test.files.writeOutput(jobRef("1", "video", id), 1, "main.list", "list\n");
  }
});
afterEach(() => test.close());

const state = (id = "42", headers = alice) => test.server.inject({ url: `/api/v1/views/${id}/`, headers });
const report = (given: Partial<ReportBody> = {}): ReportBody => ({
  ...{ video: "42", player: "p1", ranges: [[0, 10]], position: 10 },
  ...given,
});
const send = (reports: readonly unknown[], headers: Record<string, string> = alice) =>
  test.server.inject({ method: "POST", url: "/api/v1/views/", headers, payload: { reports } });
const statements = (): readonly string[] => [...test.records.statements, ...records.statements];

describe("reports", () => {
  it("are counted, several videos in one request, without a statement", async () => {
    await state();
    await state("43");
    const before = statements().length;
    const answer = await send([report(), report({ video: "43", ranges: [[50, 60]], position: 60.5 })]);
    expect(answer.json()).toMatchObject({
      views: [
        {
          video: "42",
          outcome: "counted",
          counted_seconds: 10,
          reason: null,
          state: { watched_percent: 10 },
        },
        { video: "43", outcome: "counted", counted_seconds: 10, state: { position: 60.5, viewer: "alice" } },
      ],
    });
    expect(statements()).toHaveLength(before);
  });

  it("of what Redis does not know are sent again after the state was asked for", async () => {
    expect((await send([report()])).json().views).toMatchObject([{ outcome: "load", state: null }]);
    await state();
    expect((await send([report()])).json().views).toMatchObject([{ outcome: "counted" }]);
    test.store.forget(jobRef("1", "video", "42"));
    expect((await send([report()])).json().views).toMatchObject([{ outcome: "load" }]);
  });

  it.each([
    ["only begins like one of ours", '{"attempt":1,"version":1,"status":"READY",'],
    ["plays for ever", '{"attempt":1,"version":1,"status":"READY","duration":1e999}'],
    ["plays for no time", '{"attempt":1,"version":1,"status":"READY","duration":"90"}'],
  ])("are asked for without harm of a video whose text %s", async (_, text) => {
    const ref = jobRef("1", "video", "44");
    test.store.putText(ref, { attempt: 1, version: 1, status: "READY", text });
    expect((await state("44")).statusCode).toBe(200);
  });

  it("count for whom the token names, whatever a body says", async () => {
    await state();
    await send([{ ...report(), viewer: "bob", subject: "bob" }]);
    expect((await state()).json()).toMatchObject({ viewer: "alice", watched_seconds: 10 });
    const bob = await signedIn(1, { sub: "bob" });
    expect((await state("42", bob)).json()).toMatchObject({ viewer: "bob", watched_seconds: 0 });
    const elsewhere = await signedIn(2, { sub: "alice" });
    expect((await send([report()], elsewhere)).json().views).toMatchObject([{ outcome: "load" }]);
  });

  it.each([
    ["no player", [{ ...report(), player: undefined }]],
    ["a range that ends before it begins", [report({ ranges: [[5, 5]] })]],
    ["half seconds", [report({ ranges: [[0.5, 3]] })]],
    ["more seconds than one report may name", [report({ ranges: [[0, 7_201]] })]],
    ["more seconds than one request may name", [1, 2, 3].map(() => report({ ranges: [[0, 7_000]] }))],
    ["a speed of 0", [report({ speed: 0 })]],
    ["the future", [report({ ago_ms: -1 })]],
    ["a video that is no id", [report({ video: "../x" })]],
    ["nothing", []],
    ["too many", Array.from({ length: 51 }, () => report())],
  ])("with %s are refused, and none of them is counted", async (_what, reports) => {
    await state();
    const answer = await send([report(), ...reports].slice(reports.length === 0 ? 1 : 0));
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    expect((await state()).json()).toMatchObject({ watched_seconds: 0 });
  });

  it("need a sign-in that names somebody and may play", async () => {
    const nobody = await signedIn(1, { sub: undefined as unknown as string });
    expect((await send([report()], nobody)).json()).toMatchObject({ status: 403, code: "viewer_required" });
    const watcher = await signedIn(1, { scope: "watch" });
    expect((await send([report()], watcher)).json()).toMatchObject({ code: "insufficient_scope" });
    expect((await send([report()], {})).statusCode).toBe(401);
  });
});

describe("grants", () => {
  const grantOf = async (id = "42"): Promise<string> =>
    (await test.server.inject({ url: `/media/videos/${id}/playback/`, headers: alice })).json().view_grant;
  const beacon = (reports: readonly unknown[]) =>
    test.server.inject({
      method: "POST",
      url: "/api/v1/views/beacon/",
      headers: { "content-type": "text/plain;charset=UTF-8" },
      payload: JSON.stringify({ reports }),
    });

  it("report for their viewer when a page is left, without a header", async () => {
    await state();
    const grant = await grantOf();
    expect((await beacon([report({ grant, left: true })])).statusCode).toBe(204);
    expect((await state()).json()).toMatchObject({ watched_seconds: 10 });
  });

  it("hold for their video alone, and are not to be forged", async () => {
    await state();
    await state("43");
    const grant = await grantOf();
    const [said = "", mac = ""] = grant.split(".");
    const other = Buffer.from(JSON.stringify(["1", "42", "bob", 4_000_000_000, 0, []])).toString("base64url");
    for (const each of [undefined, "", "x", `${other}.${mac}`, `${said}.${mac}x`, said]) {
      const answer = await beacon([report({ grant }), report({ grant: each })]);
      expect(answer.json()).toMatchObject({ status: 403, code: "grant_invalid" });
    }
    expect((await beacon([report({ grant, video: "43" })])).json()).toMatchObject({ code: "grant_invalid" });
    expect((await state()).json()).toMatchObject({ watched_seconds: 0 });
  });

  it("of another viewer, or of another tenant, count for whoever they name", async () => {
    const [bob, elsewhere] = [await signedIn(1, { sub: "bob" }), await signedIn(2, { sub: "alice" })];
    test.store.put({
      ...{ ref: jobRef("2", "video", "42"), jobType: "render", title: null, attempt: 1, updatedAt: "" },
      ...{ status: "READY", outputPath: "2/42/1/main.list", durationSeconds: 100 },
    });
    for (const headers of [alice, bob, elsewhere]) await state("42", headers);
    for (const headers of [bob, elsewhere]) {
      const playback = await test.server.inject({ url: "/media/videos/42/playback/", headers });
      expect((await beacon([report({ grant: playback.json().view_grant })])).statusCode).toBe(204);
    }
    expect((await state()).json()).toMatchObject({ watched_seconds: 0 });
    expect((await state("42", bob)).json()).toMatchObject({ watched_seconds: 10 });
    expect((await state("42", elsewhere)).json()).toMatchObject({ watched_seconds: 10 });
  });

  it("are over after twelve hours, by the server's clock", () => {
    let nowMs = 1_764_000_000_000;
    const grants = new ViewGrants(new Uint8Array(32), () => nowMs);
    const ref = viewRef("1", "42", "alice");
    const grant = grants.grant(ref, { groups: [], generation: 0 });
    nowMs += GRANT_LIFE_MS - 1_000;
    expect(grants.verify(grant, "42")).toMatchObject({ ref });
    nowMs += 1_000;
    expect(() => grants.verify(grant, "42")).toThrow(expect.objectContaining({ code: "grant_invalid" }));
  });

  it.each([
    ["faster than time", { ranges: [[0, 100]] }, 99],
    ["again and again", {}, 10],
    ["behind the end", { ranges: [[95, 110]] }, 5],
    ["as of hours ago", { ranges: [[0, 100]], ago_ms: 14_400_000 }, 99],
  ] as const)("count no more by a beacon than by a sign-in: %s", async (_what, given, most) => {
    await state();
    const grant = await grantOf();
    for (let n = 0; n < 3; n++) {
      expect((await beacon([report({ ...given, grant })])).statusCode).toBe(204);
    }
    const seconds = (await state()).json().watched_seconds;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(most);
  });

  it("count nothing of a clock that is set ahead, nor of a place too many, nor of a look ahead", async () => {
    await state();
    const headers = await signedIn(1, { sub: "m", scope: "manage" });
    const payload = { ...DEFAULT_POLICY, places: 1, seek_ahead: false };
    await test.server.inject({ method: "PUT", url: "/api/v1/views/42/policy/", headers, payload });
    const grant = await grantOf();
    expect((await beacon([report({ grant, ago_ms: -60_000 })])).statusCode).toBe(400);
    expect((await beacon([report({ grant, ranges: [[50, 60]] })])).statusCode).toBe(204);
    expect((await beacon([report({ grant, player: "p2" })])).statusCode).toBe(204);
    expect((await state()).json()).toMatchObject({ watched_seconds: 0 });
  });

  const take = async (url: string, headers: Record<string, string>) =>
    (await test.server.inject({ method: "DELETE", url, headers })).statusCode;

  it.each([
    ["by the viewer, on every device", "/api/v1/views/grants/", { sub: "alice", scope: "play" }],
    ["by whoever manages", "/api/v1/views/grants/alice/", { sub: "m", scope: "manage" }],
  ])(
    "that are taken away %s report nothing more, without a statement, and the next one does",
    async (_who, url, claims) => {
      await state();
      const grant = await grantOf();
      const before = statements().length;
      expect(await take(url, await signedIn(1, claims))).toBe(204);
      expect((await beacon([report({ grant })])).json()).toMatchObject({
        status: 403,
        code: "grant_invalid",
      });
      expect((await state()).json()).toMatchObject({ watched_seconds: 0 });
      expect((await beacon([report({ grant: await grantOf() })])).statusCode).toBe(204);
      expect((await state()).json()).toMatchObject({ watched_seconds: 10 });
      expect(statements()).toHaveLength(before);
    },
  );

  it("are taken away from nobody else, and by nobody who may not", async () => {
    await state();
    const grant = await grantOf();
    expect(await take("/api/v1/views/grants/", await signedIn(1, { sub: "bob", scope: "play" }))).toBe(204);
    expect(await take("/api/v1/views/grants/alice/", await signedIn(2, { sub: "m", scope: "manage" }))).toBe(
      204,
    );
    expect(await take("/api/v1/views/grants/alice/", await signedIn(1, { sub: "bob", scope: "play" }))).toBe(
      403,
    );
    expect((await beacon([report({ grant })])).statusCode).toBe(204);
    expect((await state()).json()).toMatchObject({ watched_seconds: 10 });
  });

  it("count only while the policy lets their viewer watch, by the groups of the sign-in", async () => {
    await state();
    const member = await signedIn(1, { sub: "alice", groups: ["3반"] });
    const grant = (await test.server.inject({ url: "/media/videos/42/playback/", headers: member })).json()
      .view_grant;
    const shutOut = async (group: string): Promise<void> => {
      const payload = { ...DEFAULT_POLICY, audience: { kind: "groups", groups: [group] } };
      const headers = await signedIn(1, { sub: "m", scope: "manage" });
      await test.server.inject({ method: "PUT", url: "/api/v1/views/42/policy/", headers, payload });
    };
    await shutOut("1반");
    expect((await beacon([report({ grant })])).statusCode).toBe(204);
    expect((await state()).json()).toMatchObject({ watched_seconds: 0 });
    await shutOut("3반");
    expect((await beacon([report({ grant })])).statusCode).toBe(204);
    expect((await state()).json()).toMatchObject({ watched_seconds: 10 });
  });
});

describe("a viewer's state", () => {
  const recorded = {
    ...{ session: 3, version: 8, positionSeconds: 40, lengthSeconds: 100, seenAtMs: 5, attendedAtMs: null },
    watched: bitmapOf([
      [0, 40],
      [50, 60],
    ]),
  };

  it("comes from the row once, for all who ask at the time, and from Redis after that", async () => {
    await records.put(viewRef("1", "42", "alice"), recorded);
    const [first, second] = await Promise.all([state(), state()]);
    expect(first.json()).toEqual(second.json());
    expect((await state()).json()).toMatchObject({
      ...{ video: "42", viewer: "alice", session: 4, position: 40, length: 100, watched_percent: 50 },
      seen: [
        [0, 40],
        [50, 60],
      ],
      ...{ attended: false, next: { position: 40, left_seconds: 40 }, may_play: true, reason: null },
      ...{ last_seen_at: "1970-01-01T00:00:00.005Z", policy: DEFAULT_POLICY },
    } satisfies Partial<ViewBody>);
    expect([...records.statements].sort()).toEqual(["find", "findPolicies"]);
  });

  it("of many videos costs one statement, and then none", async () => {
    await records.put(viewRef("1", "43", "alice"), recorded);
    const ask = () => test.server.inject({ url: "/api/v1/views/?videos=42,43,42", headers: alice });
    const { views } = (await ask()).json();
    expect([views["42"].watched_percent, views["43"].watched_percent, views["43"].seen]).toEqual([
      0,
      50,
      null,
    ]);
    await ask();
    expect([...records.statements].sort()).toEqual(["find", "findPolicies"]);
  });

  it("of a video that is not ready may not be played", async () => {
    const { may_play: mayPlay, reason } = (await state("99")).json();
    expect([mayPlay, reason]).toEqual([false, "not_ready"]);
  });
});

describe("a policy", () => {
  const manager = () => signedIn(1, { sub: "m", scope: "manage play" });
  const put = async (policy: Partial<PolicyBody>, url = "/api/v1/views/42/policy/") =>
    test.server.inject({
      method: "PUT",
      url,
      headers: await manager(),
      payload: { ...DEFAULT_POLICY, ...policy },
    });
  const playback = (headers = alice) => test.server.inject({ url: "/media/videos/42/playback/", headers });

  it("is the video's, else the tenant's, and holds at once", async () => {
    expect((await put({ attended_percent: 50 }, "/api/v1/views/policy/")).json()).toMatchObject({
      ...{ policy: { attended_percent: 50 }, revision: 1, inherited: false },
    });
    expect((await put({ attended_percent: 10 })).json()).toMatchObject({ revision: 2, inherited: false });
    expect((await state()).json()).toMatchObject({ next: { left_seconds: 10 } });
    expect((await state("43")).json()).toMatchObject({ next: { left_seconds: 50 } });
    const headers = await manager();
    const gone = await test.server.inject({ method: "DELETE", url: "/api/v1/views/42/policy/", headers });
    expect(gone.json()).toMatchObject({ policy: { attended_percent: 50 }, inherited: true });
    expect((await state()).json()).toMatchObject({ next: { left_seconds: 50 } });
  });

  it("tells beforehand what a change would decide", async () => {
    const at = {
      session: 1,
      version: 1,
      positionSeconds: 1,
      lengthSeconds: 100,
      seenAtMs: 5,
      attendedAtMs: null,
    };
    for (const [i, seconds] of [79, 80, 81, 10, 0].entries()) {
      await records.put(viewRef("1", "42", `v${i}`), { ...at, watched: bitmapOf([[0, seconds]]) });
    }
    const url = "/api/v1/views/42/policy/?attended_percent=80";
    const answer = await test.server.inject({ url, headers: await manager() });
    expect(answer.json()).toMatchObject({
      revision: 0,
      inherited: true,
      affected: { would_attend: 2, views: 5 },
    });
  });

  it("tells what its last change decides: so far, and when that is done", async () => {
    const headers = await manager();
    const at = { session: 1, version: 1, positionSeconds: 1, lengthSeconds: 100, seenAtMs: 5 };
    const watched = bitmapOf([[0, 60]]);
    await records.put(viewRef("1", "42", "v"), { ...at, attendedAtMs: null, watched });
    const look = async () =>
      (await test.server.inject({ url: "/api/v1/views/42/policy/", headers })).json().decision;
    expect(await look()).toBeNull();
    expect((await put({ attended_percent: 50 })).json().decision).toEqual({ decided: 0, done_at: null });
    expect(await look()).toEqual({ decided: 0, done_at: null });
    await records.runErrands();
    expect(await look()).toEqual({ decided: 1, done_at: expect.any(String) });
  });

  it("says who may watch: playback and reports refuse the others, without a statement", async () => {
    await put({ audience: { kind: "groups", groups: ["3반"] } });
    await state();
    const before = statements().length;
    expect((await playback()).json()).toMatchObject({
      code: "not_allowed_to_play",
      detail: expect.stringContaining("not_in_audience"),
    });
    expect((await send([report()])).json().views).toMatchObject([
      { outcome: "refused", reason: "not_in_audience" },
    ]);
    const member = await signedIn(1, { sub: "alice", groups: ["1반", "3반"] });
    expect((await playback(member)).statusCode).toBe(200);
    expect((await send([report()], member)).json().views).toMatchObject([{ outcome: "counted" }]);
    expect(statements()).toHaveLength(before);
  });

  it("closes after its deadline, and bounds speed and places", async () => {
    await state();
    await put({ max_speed: 1, places: 1 });
    const fast = (await send([report({ ranges: [[0, 40]] })])).json().views;
    expect(fast).toMatchObject([{ counted_seconds: 15, left_out_seconds: 25, reason: "too_fast" }]);
    const second = (await send([report({ player: "p2" })])).json().views;
    expect(second).toMatchObject([{ outcome: "refused", reason: "too_many_places" }]);
    await put({ deadline: "2020-01-01T00:00:00.000Z", after_deadline: "closed" });
    expect((await playback()).json()).toMatchObject({ detail: expect.stringContaining("deadline_over") });
    expect((await send([report()])).json().views).toMatchObject([{ reason: "deadline_over" }]);
  });

  it.each([
    { attended_percent: 0 },
    { attended_percent: 101 },
    { max_speed: 9 },
    { places: 0 },
    { deadline: "tomorrow" },
    { audience: { kind: "some" } as unknown as PolicyBody["audience"] },
  ])("of %j is refused", async (policy) => {
    expect((await put(policy)).json()).toMatchObject({ status: 400, code: "invalid_request" });
    expect(records.statements).not.toContain("putPolicy");
  });

  it("is for whoever may manage", async () => {
    const answer = await test.server.inject({ url: "/api/v1/views/42/policy/", headers: alice });
    expect(answer.json()).toMatchObject({ code: "insufficient_scope" });
  });
});

describe("who watches now", () => {
  it("is told to whoever may manage, newer ones from a cursor on, without a statement", async () => {
    await state();
    await send([report()]);
    const headers = await signedIn(1, { sub: "m", scope: "manage" });
    const before = statements().length;
    const look = (since = "") =>
      test.server.inject({ url: `/api/v1/views/live/?videos=42,43${since}`, headers });
    const { views, cursor } = (await look()).json();
    expect(views).toMatchObject([{ video: "42", viewer: "alice", watched_seconds: 10, seen: null }]);
    expect((await look(`&since=${Number(cursor) + 5_000}`)).json().views).toEqual([]);
    expect(statements()).toHaveLength(before);
    const refused = await test.server.inject({ url: "/api/v1/views/live/?videos=42", headers: alice });
    expect(refused.json()).toMatchObject({ code: "insufficient_scope" });
  });
});
