// @vitest-environment happy-dom
import type { Playback } from "@statusplane/client";
import { describe, expect, test, vi } from "vitest";
import { AUTO, type Engine, type EngineEvents, type LoadOptions } from "../src/player/engine.ts";
import { VideoPlayer, type PlayerState } from "../src/player/video-player.ts";

const HOUR_MS = 3_600_000;

/** A player over an engine that notes what it is told, with a clock of its own. */
function open({ lifetimeMs = HOUR_MS, playable = true, startSeconds = 0 } = {}) {
  let nowMs = 1_000_000;
  let asked = 0;
  let refusal: Error | null = null;
  const loads: LoadOptions[] = [];
  const chosen: number[] = [];
  const states: PlayerState[] = [];
  const events: EngineEvents[] = [];
  const video = document.createElement("video");
  const engine: Engine = {
    load: (options) => void loads.push(options),
    choose: (index) => void chosen.push(index),
    close: () => undefined,
  };
  const ask = (): Promise<Playback> => {
    asked += 1;
    if (refusal !== null) return Promise.reject(refusal);
    const expiresAt = new Date(nowMs + lifetimeMs).toISOString();
    return Promise.resolve({ url: `/hls/${asked}`, posterUrl: "/poster.jpg", expiresAt, viewGrant: null });
  };
  const player = new VideoPlayer({
    video,
    ask,
    startSeconds: () => startSeconds,
    now: () => nowMs,
    openEngine: (_video, given) => {
      events.push(given);
      return playable ? engine : null;
    },
    onChange: (state) => states.push(state),
  });
  return {
    player,
    video,
    loads,
    chosen,
    states,
    events,
    asked: () => asked,
    pass: (ms: number) => (nowMs += ms),
    refuse: (error: Error | null) => (refusal = error),
  };
}

const seek = (video: HTMLVideoElement): boolean => video.dispatchEvent(new Event("seeking"));

/** Lets every promise go on that waits for nothing else. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("the player", () => {
  test("asks playback once and plays from the beginning", async () => {
    const { player, loads, video } = open();
    player.start();
    await vi.waitFor(() => expect(loads).toEqual([{ url: "/hls/1", atSeconds: 0, shouldPlay: true }]));
    expect(video.poster).toContain("/poster.jpg");
  });

  test("begins where somebody was, and after a renewal goes on where it stands", async () => {
    const { player, video, loads, pass } = open({ startSeconds: 812 });
    player.start();
    await vi.waitFor(() => expect(loads).toMatchObject([{ atSeconds: 812 }]));
    pass(HOUR_MS);
    video.currentTime = 30;
    seek(video);
    await vi.waitFor(() => expect(loads[1]).toMatchObject({ atSeconds: 30 }));
  });

  test("asks nothing on play or seek while the signature lasts", async () => {
    const { player, video, loads, asked, pass } = open();
    player.start();
    await vi.waitFor(() => expect(loads).toHaveLength(1));
    pass(HOUR_MS - 61_000);
    seek(video);
    expect(asked()).toBe(1);
  });

  test("within a minute of the signature's end asks again on seek and goes on where it was", async () => {
    const { player, video, loads, asked, pass } = open();
    player.start();
    await vi.waitFor(() => expect(loads).toHaveLength(1));
    pass(HOUR_MS - 59_000);
    video.currentTime = 41;
    seek(video);
    seek(video); // one question at a time
    await vi.waitFor(() => expect(loads[1]).toMatchObject({ url: "/hls/2", atSeconds: 41 }));
    expect(asked()).toBe(2);
  });

  test("asks again when a segment is refused, and gives up when that does not help", async () => {
    const { player, loads, states, events, pass } = open();
    player.start();
    await vi.waitFor(() => expect(loads).toHaveLength(1));
    pass(20_000);
    events[0]?.onRefused();
    await vi.waitFor(() => expect(loads).toHaveLength(2));
    pass(1_000);
    events[0]?.onRefused();
    expect(states.at(-1)).toEqual({ phase: "failed", error: null });
    expect(loads).toHaveLength(2);
  });

  test("says why playback was refused, and begins again when told to", async () => {
    const { player, loads, states, refuse } = open();
    const error = new Error("not_playable");
    refuse(error);
    player.start();
    await vi.waitFor(() => expect(states.at(-1)).toEqual({ phase: "failed", error }));
    refuse(null);
    player.start();
    await vi.waitFor(() => expect(loads).toHaveLength(1));
  });

  test("keeps the chosen quality over a renewal", async () => {
    const { player, chosen, events, states } = open();
    const qualities = [
      { index: 1, name: "720p" },
      { index: 0, name: "360p" },
    ];
    player.start();
    events[0]?.onQualities(qualities);
    expect(states.at(-1)).toEqual({ phase: "playing", qualities });
    player.choose(1);
    events[0]?.onQualities(qualities);
    expect(chosen).toEqual([1, 1]);
    player.choose(AUTO);
    events[0]?.onQualities(qualities);
    expect(chosen).toEqual([1, 1, AUTO]);
  });

  test("says so where a browser cannot play at all, without asking", () => {
    const { player, states, asked } = open({ playable: false });
    player.start();
    expect([states, asked()]).toEqual([[{ phase: "unsupported" }], 0]);
  });

  test("does nothing after its close", async () => {
    const { player, loads, states } = open();
    player.start();
    player.close();
    await settled();
    expect([loads, states]).toEqual([[], []]);
  });
});
