import { MAX_REQUEST_SECONDS } from "@statusplane/core/wire";
import { afterEach, describe, expect, it } from "vitest";
import { secondsIn } from "../../src/views/watched-seconds.ts";
import {
  createViewReporter,
  type ViewReporter,
  type ViewReporterOptions,
} from "../../src/views/view-reporter.ts";
import type { SharedTexts } from "../../src/views/report-store.ts";
import type { ViewsEnvironment } from "../../src/views/views-environment.ts";
import { FakeEnvironment, settle } from "../fake-environment.ts";
import { FakeBrowser, type FakeTab } from "../tabs/fake-browser.ts";
import { FakeMedia } from "./fake-media.ts";
import { FakeViewServer } from "./fake-view-server.ts";

class ViewsPage extends FakeEnvironment implements ViewsEnvironment {
  readonly texts: SharedTexts | null;
  readonly beacons: { readonly url: string; readonly text: string }[] = [];
  readonly #leaves = new Set<() => void>();
  #ids = 0;
  readonly #name: string;

  constructor(texts: SharedTexts | null, name: string) {
    super();
    this.texts = texts;
    this.#name = name;
  }

  wallNow = (): number => 1_750_000_000_000 + this.nowMs;
  newId = (): string => `${this.#name}-${(this.#ids += 1)}`;
  canKeepAlive = (baseUrl: string): boolean => baseUrl === "";

  onLeave(listener: () => void): () => void {
    this.#leaves.add(listener);
    return () => void this.#leaves.delete(listener);
  }

  sendBeacon(url: string, text: string): boolean {
    this.beacons.push({ url, text });
    return true;
  }

  leave(): void {
    for (const listener of this.#leaves) listener();
  }
}

/** One browser with its storage, and the server. */
class World {
  readonly server = new FakeViewServer();
  readonly browser = new FakeBrowser();
  readonly stored = new Map<string, string>();
  readonly texts: SharedTexts = {
    keys: () => [...this.stored.keys()],
    get: (key) => this.stored.get(key) ?? null,
    set: (key, text) => void this.stored.set(key, text),
    remove: (key) => void this.stored.delete(key),
  };
  #tabs = 0;

  open({ tab, ...options }: Partial<ViewReporterOptions> & { readonly tab?: FakeTab } = {}) {
    this.#tabs += 1;
    const environment = new ViewsPage(this.texts, `t${this.#tabs}`);
    environment.tabs = tab ?? null;
    const reporter = createViewReporter({
      ...{ getToken: () => "token", viewer: "1.s1", fetch: this.server.fetch, environment },
      ...options,
    });
    open.add(reporter);
    return { reporter, environment, media: new FakeMedia(environment) };
  }
}

const open = new Set<ViewReporter>();
afterEach(() => {
  for (const reporter of open) reporter.close();
  open.clear();
});

const rangesOf = ({ server }: World) =>
  server.posts.map(({ reports }) => reports.map(({ ranges }) => ranges));

describe("a report", () => {
  it("begins with the play, comes every 10 s, and at once with a pause", async () => {
    const world = new World();
    const { reporter, media } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    await media.pass(30_000);
    expect(world.server.posts).toEqual([]); // nothing was played
    media.play();
    await media.pass(1);
    expect(rangesOf(world)).toEqual([[[]]]);
    await media.pass(13_000);
    media.pause();
    await settle();
    expect(rangesOf(world)).toEqual([[[]], [[[0, 10]]], [[[10, 13]]]]);
    await media.pass(60_000);
    expect(world.server.posts).toHaveLength(3);
    expect(world.server.posts[2]?.reports[0]).toMatchObject({
      video: "1",
      position: 13.001,
      speed: 1,
      ago_ms: 0,
    });
  });

  it("says nothing of where a player stands that has no picture yet", async () => {
    const world = new World();
    const { reporter, media } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    media.readyState = 1;
    media.play(); // as a page has it play that goes on where somebody was, while that is loading
    await settle();
    expect(world.server.posts).toEqual([]);
    media.seek(812);
    media.readyState = 4;
    media.fire("playing");
    await settle();
    expect(world.server.posts.map(({ reports }) => reports.map(({ position }) => position))).toEqual([[812]]);
  });

  it("is one for all players, muted and hidden told apart", async () => {
    const world = new World();
    const { reporter, media, environment } = world.open();
    const other = new FakeMedia(environment);
    reporter.watch(media.element, { videoId: "1" });
    reporter.watch(other.element, { videoId: "2" });
    other.muted = true;
    media.play();
    other.play();
    await settle();
    const begun = world.server.posts.length;
    for (let at = 0; at < 40; at++) {
      other.currentTime += 0.25;
      other.fire("timeupdate");
      await media.pass(250);
    }
    expect(
      world.server.posts.slice(begun).map(({ reports }) => reports.map(({ video, muted }) => [video, muted])),
    ).toEqual([
      [
        ["1", false],
        ["2", true],
      ],
    ]);
  });

  it("is one for all tabs of a browser, and each hears what became of its own", async () => {
    const world = new World();
    const first = world.open({ tab: world.browser.openTab() });
    const second = world.open({ tab: world.browser.openTab() });
    await settle();
    const posted = { first: 0, second: 0 };
    first.reporter.watch(first.media.element, { videoId: "1" });
    second.reporter.watch(second.media.element, { videoId: "2" });
    await first.reporter.load("1");
    await second.reporter.load("2");
    first.media.play();
    second.media.play();
    await settle();
    const before = world.server.posts.length;
    await second.media.pass(10_000); // it leads no request: the first one does, when its own time has come
    await settle();
    posted.second = world.server.posts.length - before;
    await first.media.pass(10_000);
    posted.first = world.server.posts.length - before - posted.second;
    expect(posted).toEqual({ first: 1, second: 0 });
    expect(world.server.posts.at(-1)?.reports.map(({ video, ranges }) => [video, ranges])).toEqual([
      ["2", [[0, 10]]],
      ["1", [[0, 10]]],
    ]);
    expect(second.reporter.get("2")).toMatchObject({ watchedSeconds: 10, seen: [[0, 10]] });
    expect(world.stored.size).toBe(0);
  });

  it("is one for all tabs an interval, though the server answers late", async () => {
    const world = new World();
    const first = world.open({ tab: world.browser.openTab() });
    const second = world.open({ tab: world.browser.openTab() });
    await settle();
    first.reporter.watch(first.media.element, { videoId: "1" });
    second.reporter.watch(second.media.element, { videoId: "2" });
    first.media.play();
    second.media.play();
    await settle();
    let answer = (): void => undefined;
    world.server.held = new Promise((resolve) => (answer = resolve));
    const before = world.server.posts.length;
    await first.media.pass(10_000);
    await second.media.pass(10_000); // keeps what it has while the other's is under way
    answer();
    await settle();
    expect(world.server.posts).toHaveLength(before + 1);
    await first.media.pass(10_000);
    await settle();
    expect(world.server.posts.slice(before).map(({ reports }) => reports.map(({ video }) => video))).toEqual([
      ["1"],
      ["2", "1"],
    ]);
  });

  it("is sent by whoever has it when the tab that sends for all does not", async () => {
    const world = new World();
    const stuck = world.browser.openTab();
    world.open({ tab: stuck });
    await settle();
    const { reporter, media } = world.open({ tab: world.browser.openTab() });
    stuck.isStopped = true;
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    await media.pass(20_000);
    expect(world.server.posts).toEqual([]);
    await media.pass(10_000);
    expect(world.server.watched("1")).toEqual([[0, 30]]);
  });

  it("is sent again after the server has been asked for a view that it did not know", async () => {
    const world = new World();
    world.server.unknown.add("1");
    const { reporter, media } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    await media.pass(10_000);
    expect(world.server.asked).toEqual(["/api/v1/views/?videos=1"]);
    expect(world.server.watched("1")).toEqual([[0, 10]]);
  });

  it("that is never taken stops no other", async () => {
    const world = new World();
    const { reporter, media, environment } = world.open();
    const bad = new FakeMedia(environment);
    reporter.watch(bad.element, { videoId: "bad" });
    reporter.watch(media.element, { videoId: "1" });
    bad.play();
    media.play();
    await media.pass(20_000);
    expect(world.server.watched("1")).toEqual([[0, 20]]);
    expect(world.stored.size).toBe(0);
  });

  it("that is refused stops the player and says why", async () => {
    const world = new World();
    world.server.refusedVideos.add("1");
    const { reporter, media } = world.open();
    const reasons: string[] = [];
    reporter.watch(media.element, { videoId: "1", onRefused: (reason) => reasons.push(reason) });
    media.play();
    await settle();
    expect([media.paused, reasons]).toEqual([true, ["too_many_places"]]);
  });
});

describe("without a network", () => {
  it("what is watched is kept, in few reports, and sent when it is back", async () => {
    const world = new World();
    const { reporter, media, environment } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    await media.pass(10_000);
    world.server.status = null;
    await media.pass(120_000);
    media.pause();
    world.server.status = 200;
    await media.pass(60_000);
    expect(world.server.watched("1")).toEqual([[0, 130]]);
    const last = world.server.posts.at(-1)?.reports ?? [];
    expect(last.length).toBeLessThanOrEqual(2);
    expect(world.stored.size).toBe(0);
    environment.online = false;
    media.play();
    await media.pass(20_000);
    const before = world.server.posts.length;
    expect(world.stored.size).toBeGreaterThan(0);
    environment.online = true;
    environment.wake();
    await settle();
    expect(world.server.posts.length).toBe(before + 1);
  });

  it("much of it is sent in several requests, none with more seconds than one may name", async () => {
    const world = new World();
    const { reporter, media } = world.open();
    [media.duration, media.playbackRate] = [86_400, 16];
    reporter.watch(media.element, { videoId: "1" });
    world.server.status = null;
    media.play();
    await media.pass(1_000_000);
    world.server.status = 200;
    const before = world.server.posts.length;
    await media.pass(60_000);
    const seconds = world.server.posts
      .slice(before)
      .map(({ reports }) => secondsIn(reports.flatMap(({ ranges }) => ranges)));
    expect(Math.max(...seconds)).toBeLessThanOrEqual(MAX_REQUEST_SECONDS);
    expect(world.server.watched("1")[0]?.[1]).toBeGreaterThan(16_000);
  });

  it("what was watched in a tab that is closed is sent by the next page, as old as it is, of the same person alone", async () => {
    const world = new World();
    const { reporter, media, environment } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    await media.pass(10_000);
    world.server.status = null;
    await media.pass(7_000);
    environment.leave();
    reporter.close();
    await settle();
    world.server.status = 200;
    const posted = world.server.posts.length;
    world.open({ viewer: "1.s2" });
    await settle();
    expect(world.server.posts).toHaveLength(posted);
    const next = world.open();
    next.environment.nowMs = environment.nowMs + 90_000;
    next.environment.wake();
    await settle();
    expect(world.server.watched("1")).toEqual([[0, 17]]);
    expect(world.server.posts.at(-1)?.reports[0]?.ago_ms).toBeGreaterThanOrEqual(0);
  });

  it("is told once, then kept as long as the page lives where the browser keeps nothing", async () => {
    const world = new World();
    world.texts.set = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const { reporter, media } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    world.server.status = 503;
    await media.pass(20_000);
    world.server.status = 200;
    await media.pass(20_000);
    expect(world.server.watched("1")).toEqual([[0, 40]]);
  });
});

describe("a page that is left", () => {
  it("tells the rest by a request that outlives it, with the token", async () => {
    const world = new World();
    const { reporter, media, environment } = world.open();
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    await media.pass(14_000);
    environment.leave();
    await settle();
    const { init, reports } = world.server.posts.at(-1) ?? {};
    expect(init?.keepalive).toBe(true);
    expect(init?.headers).toMatchObject({ Authorization: "Bearer token" });
    expect(reports).toMatchObject([{ ranges: [[10, 14]], left: true }]);
    const posts = world.server.posts.length;
    media.currentTime += 0.2;
    environment.hide(); // as browsers say it of a page that is left, afterwards
    await media.pass(20_000);
    expect(world.server.posts).toHaveLength(posts);
    environment.wake(); // back, out of the browser's memory
    await media.pass(10_000);
    expect(world.server.posts.at(-1)?.reports).toMatchObject([{ left: false }]);
  });

  it("leaves what does not get through to the tab that sends for all, though nothing plays there", async () => {
    const world = new World();
    const elsewhere = { baseUrl: "https://status.example" };
    const staying = world.open({ tab: world.browser.openTab(), ...elsewhere });
    await settle();
    const { reporter, media, environment } = world.open({ tab: world.browser.openTab(), ...elsewhere });
    reporter.watch(media.element, { videoId: "1" });
    media.play();
    await media.pass(10_000);
    await staying.media.pass(10_000);
    expect(world.server.watched("1")).toEqual([[0, 10]]);
    await media.pass(4_000);
    environment.leave(); // without a grant: no beacon
    reporter.close();
    await settle();
    await staying.media.pass(10_000);
    expect(world.server.watched("1")).toEqual([[0, 14]]);
    expect(world.stored.size).toBe(0);
  });

  it("of another origin tells it by a beacon, which its grant signs", async () => {
    const world = new World();
    const { reporter, media, environment } = world.open({ baseUrl: "https://status.example" });
    reporter.watch(media.element, { videoId: "1", grant: () => "signed" });
    media.play();
    await media.pass(14_000);
    environment.leave();
    await settle();
    expect(environment.beacons).toHaveLength(1);
    const [{ url, text } = { url: "", text: "{}" }] = environment.beacons;
    expect(url).toBe("https://status.example/api/v1/views/beacon/");
    expect(JSON.parse(text)).toMatchObject({
      reports: [{ video: "1", ranges: [[10, 14]], grant: "signed" }],
    });
    expect(world.stored.size).toBe(1); // nobody hears whether it came
  });
});
