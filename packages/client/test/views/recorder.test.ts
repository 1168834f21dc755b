import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Recorder, type WatchedPart } from "../../src/views/recorder.ts";
import { mergeRanges, secondsIn } from "../../src/views/watched-seconds.ts";
import { FakePlayer } from "./fake-player.ts";

function start(lengthSeconds = 600): { readonly player: FakePlayer; readonly recorder: Recorder } {
  const recorder = new Recorder();
  return { recorder, player: new FakePlayer({ lengthSeconds, onMoment: (moment) => recorder.note(moment) }) };
}

const plain = (parts: readonly WatchedPart[]) => mergeRanges(parts.flatMap(({ ranges }) => ranges));

describe("what counts as watched", () => {
  it("is what was played, to the second", () => {
    const { player, recorder } = start();
    player.play();
    player.pass(10_000);
    player.pause();
    player.pass(60_000);
    expect(plain(recorder.take())).toEqual([[0, 10]]);
  });

  it("is told once, and over a report's border no second is told twice", () => {
    const { player, recorder } = start();
    player.play();
    player.pass(10_600);
    expect(plain(recorder.take())).toEqual([[0, 11]]);
    player.pass(9_400);
    expect(plain(recorder.take())).toEqual([[11, 20]]);
    expect(recorder.take()).toEqual([]);
  });

  it("is not what was leapt over, forwards or back, in one tab or by a loop", () => {
    const { player, recorder } = start(30);
    player.set({ isLooping: true });
    player.play();
    player.pass(5_100); // the last tenth is unseen: no event is due
    player.seek(20);
    player.pass(10_000); // to the end, and begins anew
    player.pass(2_000);
    player.seek(1);
    player.pass(1_000);
    expect(plain(recorder.take())).toEqual([
      [0, 5],
      [20, 30],
    ]);
  });

  it("is as many seconds of the video at any speed, told by the position and not by the clock", () => {
    const { player, recorder } = start();
    player.set({ rate: 2 });
    player.play();
    player.pass(10_000);
    player.set({ rate: 0.5 });
    player.pass(10_000);
    expect(plain(recorder.take())).toEqual([[0, 25]]);
  });

  it("is nothing while it stalls, and nothing of the night that a machine slept", () => {
    const { player, recorder } = start();
    player.play();
    player.pass(5_000);
    player.set({ isStalled: true });
    player.pass(30_000);
    player.set({ isStalled: false });
    player.sleep(8 * 3_600_000);
    player.pass(3_400);
    player.set({ isStalled: true });
    player.pass(2_000);
    player.seek(300);
    expect(plain(recorder.take())).toEqual([[0, 8]]);
  });

  it("is nothing of a night's sleep even when the first thing afterwards is a seek", () => {
    const { player, recorder } = start();
    player.play();
    player.pass(5_000);
    player.sleep(8 * 3_600_000);
    player.seek(300);
    expect(secondsIn(plain(recorder.take()))).toBeLessThanOrEqual(6);
  });

  it("is not a position that was set without a word", () => {
    const { player, recorder } = start();
    player.play();
    player.pass(4_000);
    player.position = 400;
    player.pass(4_000);
    expect(plain(recorder.take())).toEqual([
      [0, 4],
      [400, 404],
    ]);
  });

  it("tells muted and hidden apart, and of a second that was seen twice the better time", () => {
    const { player, recorder } = start();
    player.play();
    player.pass(3_000);
    player.set({ isMuted: true });
    player.pass(3_000);
    player.set({ isHidden: true });
    player.pass(3_000);
    player.set({ isMuted: false });
    player.pass(3_000);
    player.set({ isHidden: false });
    player.seek(4);
    player.pass(1_000);
    expect(recorder.take()).toEqual([
      {
        isMuted: false,
        isHidden: false,
        ranges: [
          [0, 3],
          [4, 5],
        ],
      },
      {
        isMuted: true,
        isHidden: false,
        ranges: [
          [3, 4],
          [5, 6],
        ],
      },
      { isMuted: false, isHidden: true, ranges: [[9, 12]] },
      { isMuted: true, isHidden: true, ranges: [[6, 9]] },
    ]);
  });

  it("has the last second in it, however short that is", () => {
    const { player, recorder } = start(12.3);
    player.play();
    player.pass(20_000);
    expect(plain(recorder.take())).toEqual([[0, 13]]);
  });

  it("makes a second of two halves that were watched apart", () => {
    const { player, recorder } = start();
    player.seek(7.7);
    player.play();
    player.pass(300);
    player.seek(7);
    player.pass(300);
    player.seek(100);
    expect(plain(recorder.take())).toEqual([[7, 8]]);
  });
});

type Act = (player: FakePlayer) => void;

const LENGTH = 90.4;
const acts = fc.oneof(
  fc.integer({ min: 1, max: 40_000 }).map(
    (ms): Act =>
      (player) =>
        player.pass(ms),
  ),
  fc.double({ min: 0, max: LENGTH, noNaN: true }).map(
    (to): Act =>
      (player) =>
        player.seek(to),
  ),
  fc.constantFrom(0.5, 1, 1.25, 2, 4).map(
    (rate): Act =>
      (player) =>
        player.set({ rate }),
  ),
  fc.constant<Act>((player) => player.play()),
  fc.constant<Act>((player) => player.pause()),
  fc.boolean().map(
    (isStalled): Act =>
      (player) =>
        player.set({ isStalled }),
  ),
  fc.boolean().map(
    (isMuted): Act =>
      (player) =>
        player.set({ isMuted }),
  ),
  fc.boolean().map(
    (isHidden): Act =>
      (player) =>
        player.set({ isHidden }),
  ),
  fc.boolean().map(
    (isLooping): Act =>
      (player) =>
        player.set({ isLooping }),
  ),
  fc.integer({ min: 1_000, max: 40_000_000 }).map((ms): Act => (player) => {
    player.pause(); // whatever plays is told to stop, or a seek after the sleep could not be told from playing on
    player.sleep(ms);
  }),
);

/** Second → how much of it was really played, 0–1. */
function playedShares({ played }: FakePlayer): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  for (const [from, to] of mergeRanges(played)) {
    for (let second = Math.floor(from); second < to; second++) {
      const share = Math.min(to, second + 1) - Math.max(from, second);
      shares.set(second, (shares.get(second) ?? 0) + share / (Math.min(LENGTH, second + 1) - second));
    }
  }
  return shares;
}

it("counts, whatever somebody does, each second that was played through and none of which less than half was", () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (list, every) => {
      const { player, recorder } = start(LENGTH);
      const told = new Set<number>();
      const take = (): void => {
        for (const [from, to] of plain(recorder.take())) for (let at = from; at < to; at++) told.add(at);
      };
      for (const [index, act] of list.entries()) {
        act(player);
        if (index % every === 0) take();
      }
      player.pause();
      take();
      const shares = playedShares(player);
      // A piece sets the tenths whose middle it has: each of a second's pieces may be off by one.
      const through = [...shares].filter(([, share]) => share > 0.999).map(([second]) => second);
      expect(through.filter((second) => !told.has(second))).toEqual([]);
      expect([...told].filter((second) => (shares.get(second) ?? 0) < 0.25)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
