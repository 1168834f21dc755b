// @vitest-environment happy-dom
import { DEFAULT_POLICY, type PolicyBody, type SecondsRange, type View } from "@statusplane/client/views";
import { expect, test } from "vitest";
import { holdToLimits, type Limit } from "../src/player/play-limits.ts";

const viewOf = (policy: Partial<PolicyBody>, seen: readonly SecondsRange[]): View => ({
  ...{ videoId: "1", viewer: "s1", session: 1, version: 1, positionSeconds: 0, lengthSeconds: 600 },
  ...{ watchedSeconds: 0, watchedPercent: 0, isAttended: false, attendedAt: null, nextSeconds: 0 },
  ...{ leftSeconds: 0, mayPlay: true, reason: null, lastSeenAt: null },
  ...{ seen, policy: { ...DEFAULT_POLICY, ...policy } },
});

/** A player that is held to what the view says. */
function hold(view: () => View | undefined) {
  const video = document.createElement("video");
  const limits: Limit[] = [];
  const letGo = holdToLimits({ video, view, onLimit: (limit) => limits.push(limit) });
  const seek = (toSeconds: number): number => {
    video.currentTime = toSeconds;
    video.dispatchEvent(new Event("seeking"));
    return video.currentTime;
  };
  const speedUp = (rate: number): number => {
    video.playbackRate = rate;
    video.dispatchEvent(new Event("ratechange"));
    return video.playbackRate;
  };
  return { limits, seek, speedUp, letGo };
}

test("a player is no faster than counts, and says so", () => {
  const { speedUp, limits } = hold(() => viewOf({ max_speed: 1.5 }, []));
  expect([speedUp(1.5), speedUp(2), speedUp(1)]).toEqual([1.5, 1.5, 1]);
  expect(limits).toEqual(["speed"]);
});

test("where nobody may skip, it goes back to the end of what was seen, and anywhere before that", () => {
  const seen: SecondsRange[] = [
    [0, 40],
    [50, 60],
  ];
  const { seek, limits } = hold(() => viewOf({ seek_ahead: false }, seen));
  expect([seek(45), seek(62), seek(64), seek(500)]).toEqual([45, 62, 60, 60]);
  expect(limits).toEqual(["ahead", "ahead"]);
});

test("it goes anywhere where skipping is allowed, where nothing is known, and when it is let go", () => {
  const free = hold(() => viewOf({}, []));
  const unknown = hold(() => undefined);
  const gone = hold(() => viewOf({ seek_ahead: false, max_speed: 1 }, []));
  gone.letGo();
  expect([free.seek(500), unknown.seek(500), gone.seek(500)]).toEqual([500, 500, 500]);
  expect([unknown.speedUp(4), gone.speedUp(4)]).toEqual([4, 4]);
});
