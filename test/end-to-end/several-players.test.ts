import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { ReportsBody, SecondsRange, ViewBody } from "@statusplane/core/wire";
import { DEFAULT_POLICY, ROUTES } from "@statusplane/core/wire";
import { eventually, withRedis, type RunningProgram } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api } from "./support/api.ts";
import { Deployment } from "./support/deployment.ts";
import { makeVideo } from "./support/inputs.ts";
import { PlainBrowser, type BrowserTab } from "./support/plain-browser.ts";
import { WatchingPage } from "./support/serve-watching-page.ts";

const TENANT = "7";
const VIEWER = "alice";
const VIDEO_SECONDS = 150;
/** As designed, five times as fast. */
const INTERVAL_MS = 2_000;
const INTERVALS = 4;
const WITHIN_MS = 60_000;
/** A request may begin late, and the next one in time. */
const SLACK_INTERVALS = 0.5;

interface Post {
  readonly tab: BrowserTab;
  /** By the browser's clock. */
  readonly atSeconds: number;
  /** Of which seconds are reported; none where a player only says that it begins, or where it stands. */
  readonly videos: readonly string[];
}

/**
 * The tabs of a real browser, of which one is seen at a time, each with a player; the page is of another origin than the
 * server, so that what it says when it is left goes by `sendBeacon` and a grant.
 */
describe("players in several tabs of a browser", () => {
  let deployment: Deployment;
  let pages: WatchingPage;
  let program: RunningProgram;
  let browser: PlainBrowser;
  let viewer: Api;
  const posts: Post[] = [];

  beforeAll(async () => {
    deployment = await Deployment.open();
    const folder = join(deployment.folder, "page");
    const token = (subject: string): Promise<string> => deployment.token(TENANT, { sub: subject });
    pages = await WatchingPage.open(folder, token, { page: "player-page" });
    const lecture = await makeVideo(deployment.folder, { seconds: VIDEO_SECONDS, size: "320x180" });
    await rename(lecture, join(folder, "lecture.mp4"));
    const timings = JSON.stringify({ requestDeadlineMs: 10_000 });
    program = await deployment.start("api", { DEMO: "0", TIMINGS: timings, ALLOWED_ORIGINS: pages.origin });
    viewer = new Api(program.url, await token(VIEWER));
    await withRedis(deployment.statusRedis.url, async (redis) => {
      // as another program's worker leaves them
      const text = JSON.stringify({
        attempt: 1,
        version: 9,
        status: "READY",
        hls_path: "x",
        duration: VIDEO_SECONDS,
      });
      for (const id of ["1", "2", "3"]) await redis.set(`tenant:${TENANT}:video:${id}:status`, text);
    });
    const json = { ...DEFAULT_POLICY, places: 3 };
    const { status } = await viewer.call("/api/v1/views/policy/", { method: "PUT", json });
    expect(status).toBe(200);
    browser = await PlainBrowser.open(join(deployment.folder, "profile"));
  });
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    await deployment?.close();
  });

  async function play(videoId: string): Promise<BrowserTab> {
    const tab = await browser.openTab("about:blank");
    tab.on((method, params) => {
      if (method !== "Network.requestWillBeSent") return;
      const { request, timestamp: atSeconds } = params as {
        readonly request: { readonly url: string; readonly method: string; readonly postData?: string };
        readonly timestamp: number;
      };
      if (request.method !== "POST" || new URL(request.url).pathname !== ROUTES.views) return;
      const { reports } = JSON.parse(request.postData ?? "") as ReportsBody;
      const videos = reports.filter(({ ranges }) => ranges.length > 0).map(({ video }) => video);
      posts.push({ tab, atSeconds, videos });
    });
    await tab.watchNetwork();
    const tokens = `/token?sub=${VIEWER}`;
    const settings = { server: program.url, tokens, videoId, viewer: VIEWER, intervalMs: INTERVAL_MS };
    await tab.send("Page.navigate", { url: pages.address(settings) });
    await eventually("the page is there", () => tab.evaluate<boolean>("window.playing !== undefined"));
    await tab.evaluate("playing.start()", { userGesture: true });
    return tab;
  }

  const position = (tab: BrowserTab): Promise<number> => tab.evaluate<number>("playing.position");
  const seen = async (videoId: string): Promise<readonly SecondsRange[]> =>
    (await viewer.call<ViewBody>(`/api/v1/views/${videoId}/`)).body.seen ?? [];

  /** Closes it in the midst of playing; each whole second that it has played is counted, and none that it has not. */
  async function closeWithoutLoss(videoId: string, tab: BrowserTab): Promise<void> {
    const told = async (): Promise<number> => (await seen(videoId)).at(-1)?.[1] ?? 0;
    await eventually(
      "something is played that is not told yet",
      async () => {
        const before = await told();
        return (await position(tab)) >= before + 1;
      },
      WITHIN_MS,
    );
    const sinceMs = performance.now();
    const played = await position(tab);
    await tab.close();
    const most = played + (performance.now() - sinceMs) / 1_000 + 1;
    await eventually(
      `all that was played of video ${videoId} is counted`,
      async () => {
        const [first, ...others] = await seen(videoId);
        return others.length === 0 && first?.[0] === 0 && first[1] >= Math.floor(played);
      },
      WITHIN_MS,
    );
    expect(await told()).toBeLessThanOrEqual(most);
  }

  it("report by one request an interval, and a tab that closes loses no second", async () => {
    const tabs = new Map<string, BrowserTab>();
    for (const id of ["1", "2", "3"]) tabs.set(id, await play(id));
    for (const tab of tabs.values())
      await eventually("it plays", async () => (await position(tab)) > 1, WITHIN_MS);
    const ofAll = (some: readonly Post[]): boolean =>
      new Set(some.flatMap(({ videos }) => videos)).size === tabs.size;
    const late = await eventually(
      "all report, again and again",
      () => {
        // what a player says when it begins goes at once: from when all have reported seconds, nothing is urgent
        const begun = posts.findIndex((_, i) => ofAll(posts.slice(0, i + 1)));
        const found = begun < 0 ? [] : posts.slice(begun);
        return found.length > INTERVALS && ofAll(found.slice(1)) ? found : null;
      },
      WITHIN_MS,
    );
    const [first, last] = [late[0], late.at(-1)];
    if (first === undefined || last === undefined) throw new Error("there are some");
    const intervals = ((last.atSeconds - first.atSeconds) * 1_000) / INTERVAL_MS;
    expect(late.length - 1).toBeLessThanOrEqual(intervals + SLACK_INTERVALS);
    expect(late.map(({ tab }) => tab === first.tab)).toEqual(late.map(() => true));

    const order = [...tabs].sort(
      ([, one], [, other]) => Number(other === first.tab) - Number(one === first.tab),
    );
    for (const [id, tab] of order) await closeWithoutLoss(id, tab);
  });
});
