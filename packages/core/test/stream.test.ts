import { encodeSnapshot, jobRef, readForeignValue } from "@statusplane/core";
import {
  bearerProtocol,
  DEFAULT_POLICY,
  eventFrame,
  eventLines,
  liveListBody,
  readFrame,
  readLines,
  readLiveList,
  readMessage,
  snapshotLines,
  tokenOfProtocols,
  type LiveList,
  type StreamBodies,
  type ViewBody,
} from "@statusplane/core/wire";
import { describe, expect, it } from "vitest";

const LIST: LiveList = {
  live: [
    { kind: "video", id: "1" },
    { kind: "job", id: "constructor" },
  ],
  ended: [
    { ref: { kind: "job", id: "b" }, endedAtMs: 1_764_328_000_123 },
    { ref: { kind: "video", id: "2" }, endedAtMs: 1_764_328_000_122 },
  ],
  more: 3,
  waiting: new Map([["render", "renderer_missing"]]),
};

/** An event's lines, read by the rules of SSE. */
function readSse(lines: string): { readonly name: string; readonly data: string; readonly id: string } {
  expect(lines.endsWith("\n\n")).toBe(true);
  const fields = lines.trimEnd().split("\n");
  const of = (name: string): string =>
    fields
      .filter((field) => field.startsWith(`${name}: `))
      .map((field) => field.slice(name.length + 2))
      .join("\n");
  return { name: of("event"), data: of("data"), id: of("id") };
}

const VIEW: ViewBody = {
  ...{ video: "7", viewer: "s1", session: 1, version: 2, position: 3, length: 10, watched_seconds: 3 },
  ...{ watched_percent: 30, seen: null, attended: false, attended_at: null, may_play: true, reason: null },
  ...{ next: { position: 3, left_seconds: 6 }, last_seen_at: null, policy: DEFAULT_POLICY },
};

describe("an event", () => {
  const bodies: StreamBodies = {
    hello: { reader: "k1", expires_at: "2026-11-28T00:00:00.000Z" },
    missing: { videos: ["9"], jobs: [] },
    list: liveListBody(LIST),
    view: VIEW,
    view_gone: { video: "7", viewer: "s1" },
    ready: {},
    end: {},
    beat: {},
    bye: { reason: "leaving", retry_after_ms: 1_234 },
  };

  it("says the same by SSE and by WebSocket", () => {
    for (const name of Object.keys(bodies) as (keyof StreamBodies)[]) {
      const frame = eventFrame(name, bodies[name]);
      expect(frame.startsWith(`{"event":"${name}"`)).toBe(true);
      const { name: named, data } = readSse(eventLines(name, bodies[name]));
      expect(named).toBe(name);
      const event = readFrame(frame);
      expect(event).toMatchObject({ event: name });
      expect(event).toMatchObject({ ...readLines(named, data) }); // a frame's body has its name in it
    }
    expect(readFrame(eventFrame("list", bodies.list))).toEqual({ event: "list", list: LIST });
    expect(readFrame(eventFrame("bye", bodies.bye))).toEqual({
      event: "bye",
      reason: "leaving",
      retryAfterMs: 1_234,
    });
  });

  it("is a snapshot's text as it is, whoever wrote it", () => {
    const video = jobRef("7", "video", "42");
    const job = jobRef("7", "job", "a");
    const ours = encodeSnapshot({
      ...{ ref: job, jobType: "t", title: null, attempt: 2, status: "DONE" },
      result: { kind: "inline", value: { id: "not its name", text: "한글\r\n" } },
      updatedAt: "2026-11-28T00:00:00.000Z",
    });
    const foreign = readForeignValue(video, '{"status":"PROCESSING"}', { percent: "7" });
    if (foreign === null) throw new Error("it is understood");
    const theirs = { ...foreign.head, text: foreign.text };
    for (const [ref, snapshot] of [[job, ours] as const, [video, theirs] as const]) {
      const { kind, id } = ref;
      const event = { event: "snapshot", ref: { kind, id }, body: JSON.parse(snapshot.text) as unknown };
      expect(readFrame(snapshot.text)).toEqual(event);
      const { name, data, id: sentAs } = readSse(snapshotLines(snapshot));
      expect(data).toBe(snapshot.text);
      expect(readLines(name, data)).toEqual(event);
      expect(sentAs).toBe(`${snapshot.attempt}.${snapshot.version}`);
    }
  });

  it("keeps a text whole that another program broke into lines", () => {
    const text = '{"attempt":1,"version":2,"status":"READY",\r\n "id":1,\r"a":\n2}';
    const { name, data } = readSse(snapshotLines({ attempt: 1, version: 2, text }));
    expect(readLines(name, data)).toMatchObject({ ref: { kind: "video", id: "1" }, body: { a: 2 } });
  });

  it("is nothing where it is strange, and never an exception", () => {
    for (const text of ["", "{", "[]", "null", "7", '{"event":"later"}', '{"event":7}', '{"id":{}}']) {
      expect(readFrame(text)).toBeNull();
      expect(readLines("snapshot", text)).toBeNull();
    }
    expect(readLines("later", "{}")).toBeNull();
    expect(readFrame('{"event":"list"}')).toBeNull();
    expect(readFrame('{"event":"bye","reason":"later"}')).toMatchObject({ event: "bye", retryAfterMs: 0 });
    expect(readLiveList({ live: { videos: [1, "2"] }, ended: { jobs: { a: "x" } }, more: -1 })).toEqual({
      live: [{ kind: "video", id: "2" }],
      ended: [],
      more: 0,
      waiting: new Map(),
    });
  });
});

describe("a client's message", () => {
  it("is read, and nothing else is", () => {
    expect(readMessage('{"op":"sign_in","token":"x"}')).toEqual({ op: "sign_in", token: "x" });
    expect(readMessage('{"op":"beat"}')).toEqual({ op: "beat" });
    expect(readMessage('{"op":"watch","videos":["1"],"jobs":["a"],"active":true,"views":["7"]}')).toEqual({
      op: "watch",
      jobs: [
        { kind: "video", id: "1" },
        { kind: "job", id: "a" },
      ],
      active: true,
      views: ["7"],
    });
    expect(readMessage('{"op":"watch"}')).toEqual({ op: "watch", jobs: [], active: false, views: [] });
    for (const text of [
      "",
      "7",
      '"beat"',
      "{}",
      '{"op":"sign_in"}',
      '{"op":"sign_in","token":7}',
      '{"op":"watch","videos":[1]}',
      '{"op":"watch","jobs":"a"}',
      '{"op":"watch","active":"1"}',
      '{"op":"watch","views":"7"}',
      '{"op":"later"}',
    ]) {
      expect(readMessage(text), text).toBeNull();
    }
  });
});

describe("a token as a subprotocol", () => {
  it("is there where it fits, and is found again among others", () => {
    const token = "eyJh.eyJz.x_-1";
    expect(tokenOfProtocols(["statusplane.v1", bearerProtocol(token) ?? ""])).toBe(token);
    expect(bearerProtocol("a".repeat(4_096))).not.toBeNull();
    for (const unfit of ["", "a b", "a,b", "한", 'a"b', "a".repeat(4_097)]) {
      expect(bearerProtocol(unfit)).toBeNull();
    }
    expect(tokenOfProtocols(["statusplane.v1", "bearer."])).toBeNull();
  });
});
