import { DEFAULT_TIMINGS } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import type { Channel, Transport } from "../../src/watch/channel.ts";
import { Stream, type StreamParts } from "../../src/watch/stream.ts";

const SECONDS = 120;

/** A stream that is looked at four times a second of a made-up clock. @returns when it beat, s after it began. */
function beatsOf(transport: Transport, writtenEverySeconds: number | null): readonly number[] {
  const beganMs = performance.now();
  const beats: number[] = [];
  let nowMs = beganMs;
  const channel: Channel = {
    ...{ transport, form: "lines", end: () => undefined, destroy: () => undefined },
    ...{ write: () => true, hasRoom: () => true, waitingBytes: () => 0, eventBytes: () => Buffer.from("") },
    together: (write) => write(),
    beat: () => beats.push((nowMs - beganMs) / 1_000),
  };
  const viewer = { wroteAtMs: -Infinity } as StreamParts["viewer"]; // of a viewer it asks nothing else meanwhile
  const identity = { endsAtMs: Infinity, expiresAtMs: Infinity } as StreamParts["identity"]; // likewise
  const place = { signIn: () => undefined, release: () => undefined } as unknown as StreamParts["place"]; // likewise
  const stream = new Stream(
    { channel, viewer, identity, place },
    {
      timings: { ...DEFAULT_TIMINGS, quietMs: Infinity },
      random: () => 0.5,
      readerOf: () => null,
      onBye: () => undefined,
    },
  );
  for (let quarter = 1; quarter <= SECONDS * 4; quarter++) {
    nowMs = beganMs + quarter * 250;
    if (writtenEverySeconds !== null && quarter % (writtenEverySeconds * 4) === 0) viewer.wroteAtMs = nowMs;
    stream.look(nowMs, Date.now());
  }
  return beats;
}

/** The longest time without a byte, s. */
function longestGap(times: readonly number[]): number {
  const sorted = [0, ...times, SECONDS].sort((a, b) => a - b);
  return Math.max(...sorted.slice(1).map((at, index) => at - (sorted[index] ?? 0)));
}

describe("beats", () => {
  it("come at least every 15 s where nothing else does", () => {
    for (const transport of ["sse", "websocket"] as const) {
      const beats = beatsOf(transport, null);
      expect(beats.length).toBeLessThanOrEqual(9);
      expect(longestGap(beats)).toBeLessThanOrEqual(15.25);
    }
  });

  it("do not follow what was written to an SSE connection, for that shows as much", () => {
    expect(beatsOf("sse", 1)).toEqual([]);
    const beats = beatsOf("sse", 30);
    const written = [30, 60, 90, 120];
    expect(longestGap([...beats, ...written])).toBeLessThanOrEqual(15.25);
  });

  it("ask a WebSocket's client for life however much is written to it", () => {
    expect(beatsOf("websocket", 1).length).toBeGreaterThanOrEqual(7);
  });
});
