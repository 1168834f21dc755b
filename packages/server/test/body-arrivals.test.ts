import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BodyArrivals } from "../src/http/body-arrivals.ts";
import { HTTP_LIMITS } from "../src/http/index.ts";

const { paceOverMs, slowestBytesPerSecond } = HTTP_LIMITS;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request whose body is arriving. */
function arriving(): { readonly request: IncomingMessage; readonly socket: { bytesRead: number } } {
  const socket = { bytesRead: 0 };
  const parts = { socket, headers: { "content-type": "multipart/form-data; boundary=XX" } };
  const body = Object.assign(new EventEmitter(), parts, {
    ...{ complete: false, destroyed: false, readableLength: 0 },
  });
  // What watches bodies asks nothing else of a request.
  return { request: body as unknown as IncomingMessage, socket };
}

/** What a form that comes at this pace is told in an hour; null: nothing. */
function toldAt(bytesPerSecond: number, { readableLength = 0 } = {}): string | null {
  const bodies = new BodyArrivals(HTTP_LIMITS);
  const { request, socket } = arriving();
  Object.assign(request, { readableLength });
  const told: string[] = [];
  request.on("error", ({ message }) => told.push(message));
  bodies.begin(request);
  for (let second = 0; second < 3_600 && told.length === 0; second++) {
    vi.advanceTimersByTime(1_000);
    socket.bytesRead += bytesPerSecond;
    bodies.check();
  }
  return told[0] ?? null;
}

describe("a form that is arriving", () => {
  it("is not cut at a decent pace, however long it takes", () => {
    expect(paceOverMs).toBeLessThan(3_600_000);
    expect(toldAt(slowestBytesPerSecond + 1)).toBeNull();
  });

  it("is ended where it is slower", () => {
    expect(toldAt(slowestBytesPerSecond - 1)).not.toBeNull();
  });

  it("is not blamed for what waits for a disk of ours", () => {
    expect(toldAt(0, { readableLength: 1 })).toBeNull();
  });
});
