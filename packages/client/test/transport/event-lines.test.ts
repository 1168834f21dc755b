import { describe, expect, it } from "vitest";
import { eventLines } from "../../src/transport/event-lines.ts";

/** What comes out of bytes that come in groups of at most `size`. */
function eventsOf(bytes: Uint8Array, size: number): (readonly [string, string])[] {
  const events: (readonly [string, string])[] = [];
  const lines = eventLines((name, data) => events.push([name, data]));
  for (let start = 0; start < bytes.length; start += size) lines(bytes.subarray(start, start + size));
  return events;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const long = "가".repeat(20_000); // 60 kB
const recorded = (end: string): string =>
  [
    "retry: 2000",
    ": a comment",
    "",
    "event: hello",
    'data: {"reader":"k1"}',
    "",
    "event:snapshot",
    "id: 1.17",
    'data: {"attempt":1,"step_name_display":"인코딩 🎬"}',
    "",
    "event: snapshot",
    `data: {"result":"${long}"}`,
    "",
    "data: one",
    "data:two",
    "data",
    "",
    "event: nothing",
    "",
    "",
  ].join(end);
const expected = [
  ["hello", '{"reader":"k1"}'],
  ["snapshot", '{"attempt":1,"step_name_display":"인코딩 🎬"}'],
  ["snapshot", `{"result":"${long}"}`],
  ["message", "one\ntwo\n"],
];

describe("lines of events", () => {
  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("are the same however the network cuts them: %s", (_, end) => {
    const bytes = bytesOf(recorded(end));
    for (const size of [1, 2, 3, 7, 64, 4_096, bytes.length]) {
      expect(eventsOf(bytes, size)).toEqual(expected);
    }
  });

  it("are the same when cut once at any byte", () => {
    const text = 'event: snapshot\r\ndata: {"title":"보고서 1"}\r\n\r\n: beat\r\ndata: 둘\r\n\r\n';
    const bytes = bytesOf(text);
    const whole = eventsOf(bytes, bytes.length);
    expect(whole).toHaveLength(2);
    for (let at = 0; at <= bytes.length; at++) {
      const events: (readonly [string, string])[] = [];
      const lines = eventLines((name, data) => events.push([name, data]));
      lines(bytes.subarray(0, at));
      lines(bytes.subarray(at));
      expect(events).toEqual(whole);
    }
  });

  it("may begin with a byte order mark, and end in the middle of an event, which is none", () => {
    expect(eventsOf(bytesOf("\uFEFFdata: a\n\ndata: b\n"), 1)).toEqual([["message", "a"]]);
  });
});
