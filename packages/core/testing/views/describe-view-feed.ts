import {
  uuidV7,
  viewRef,
  type Report,
  type Unsubscribe,
  type ViewFeed,
  type ViewFlushStore,
  type ViewNews,
  type ViewRef,
  type ViewStore,
} from "@statusplane/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../eventually.ts";
import { recordedView } from "./recorded-view.ts";

/** A store of views with its feed. */
export interface OpenedViewFeed {
  readonly views: ViewStore & ViewFlushStore;
  readonly viewFeed: ViewFeed;
  readonly close: () => Promise<void>;
}

const RULES = {
  ...{ lengthSeconds: 100, maxSpeed: 2, seekAhead: true, places: 9, neededSeconds: 90, deadlineMs: null },
};

function report(to: number): Report {
  const rest = { player: "p1", speed: 1, muted: false, hidden: false, left: false, agoMs: 0 };
  return { ranges: [[0, to]], positionSeconds: to, ...rest };
}

/** The contract of `ViewFeed`. */
export function describeViewFeed(name: string, open: () => Promise<OpenedViewFeed>): void {
  describe(`${name} keeps the contract of a feed of views`, () => {
    let opened: OpenedViewFeed;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const begun = async (tenant = `t${uuidV7()}`, viewer = "a@b.c: 누구", video = "7"): Promise<ViewRef> => {
      const ref = viewRef(tenant, video, viewer);
      await opened.views.load([{ ref, recorded: null }]);
      return ref;
    };
    const play = (ref: ViewRef, to: number) => opened.views.report(ref, report(to), RULES);
    /** What was told, as `viewer seconds`, and how to end it. */
    const watch = async (
      { tenant, video }: Pick<ViewRef, "tenant" | "video">,
      onNews: (news: readonly ViewNews[]) => void = () => undefined,
    ): Promise<{ readonly told: string[]; readonly end: Unsubscribe }> => {
      const told: string[] = [];
      const end = await opened.viewFeed.watchViews(tenant, video, (news) => {
        for (const { ref, state } of news) {
          told.push(`${ref.viewer} ${state === null ? "gone" : state.watchedSeconds}`);
        }
        onNews(news);
      });
      onTestFinished(end);
      return { told, end };
    };

    it("tells whoever reported lately first, then what is reported", async () => {
      const early = await begun();
      await play(early, 5);
      const { told } = await watch(early);
      expect(told).toEqual(["a@b.c: 누구 5"]);
      await play(early, 9);
      const late = await begun(early.tenant, "late");
      await play(late, 3);
      await eventually("both are told", () => told.includes("a@b.c: 누구 9") && told.includes("late 3"));
    });

    it("tells nothing of another video, nor of another tenant", async () => {
      const ref = await begun();
      const { told } = await watch(ref);
      await play(await begun(ref.tenant, "x", "8"), 4);
      await play(await begun(undefined, "x"), 4);
      await play(ref, 6);
      await eventually("its own is told", () => told.length > 0);
      expect(told).toEqual(["a@b.c: 누구 6"]);
    });

    it("tells the latest and never a step back", async () => {
      const ref = await begun();
      const versions: number[] = [];
      const { told } = await watch(ref, (news) =>
        versions.push(...news.map(({ state }) => state?.version ?? -1)),
      );
      for (let to = 1; to <= 20; to += 1) await play(ref, to);
      await eventually("the last is told", () => told.at(-1) === "a@b.c: 누구 20");
      expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    });

    it("tells a decision that was committed", async () => {
      const ref = await begun();
      await play(ref, 5);
      const attended: (number | null)[] = [];
      await watch(ref, (news) => attended.push(...news.map(({ state }) => state?.attendedAtMs ?? null)));
      const [dirty] = await opened.views.readDirty(ref.tenant, 1);
      const mark = dirty?.mark ?? null;
      await opened.views.settle(ref.tenant, [{ ref, mark, attendedAtMs: 1_764_000_000_000 }]);
      await eventually("it is told", () => attended.at(-1) === 1_764_000_000_000);
    });

    it("tells what a row brings back that the store had lost", async () => {
      const ref = await begun();
      await play(ref, 5);
      const { told } = await watch(ref);
      const recorded = recordedView();
      await opened.views.load([{ ref, recorded }]);
      await eventually("it is told", () => told.at(-1) === "a@b.c: 누구 15");
    });

    it("tells that a view is gone, and what comes after it, though its version is lower", async () => {
      const ref = await begun();
      for (const to of [3, 6, 9]) await play(ref, to);
      const { told } = await watch(ref);
      await opened.views.erase(ref.tenant, { video: null, viewer: ref.viewer, videos: [ref.video] });
      await eventually("it is gone", () => told.at(-1) === "a@b.c: 누구 gone");
      await begun(ref.tenant);
      await play(ref, 2);
      await eventually("the new one is told", () => told.at(-1) === "a@b.c: 누구 2");
    });

    it("tells everybody who watches the same, and nobody who has left", async () => {
      const ref = await begun();
      const [one, other] = [await watch(ref), await watch(ref)];
      await one.end();
      await play(ref, 4);
      await eventually("the other is told", () => other.told.length === 1);
      const third = await watch(ref);
      expect([one.told, third.told]).toEqual([[], ["a@b.c: 누구 4"]]);
    });
  });
}
