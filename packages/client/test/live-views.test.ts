import { DEFAULT_POLICY, type ViewBody } from "@statusplane/core/wire";
import { describe, expect, it } from "vitest";
import { getViews, watchViews, type GoneView } from "../src/features.ts";
import type { ClientOptions, Fetch } from "../src/statusplane-client.ts";
import { FakeEnvironment } from "./fake-environment.ts";
import { job, setUp } from "./setup.ts";
import { FakeStreams } from "./transport/fake-streams.ts";

/** As a fake socket says it. */
type ToldView = { readonly [Name in keyof ViewBody]: ViewBody[Name] };

const view = (viewer: string, version: number, given: Partial<ViewBody> = {}): ToldView => ({
  ...{ video: "7", viewer, session: 1, version, position: 1, length: 100, watched_seconds: version },
  ...{ watched_percent: version, seen: null, attended: false, attended_at: null, may_play: true },
  ...{ reason: null, next: { position: 1, left_seconds: 9 }, last_seen_at: null, policy: DEFAULT_POLICY },
  ...given,
});

/** A client whose server says by the poll what `polled` holds. */
function open(options: Partial<ClientOptions> = {}) {
  const streams = new FakeStreams();
  const environment = new FakeEnvironment();
  environment.openSocket = streams.openSocket;
  const fetching: Fetch = (url, init) => streams.before(setup.server.fetch)(url, init);
  const setup = setUp({ transport: "auto", ...options, fetch: fetching }, environment);
  const state = { polled: [] as ViewBody[], status: 200 };
  setup.server.handler = ({ path }) =>
    path.startsWith("/api/v1/views/live/")
      ? { status: state.status, body: { views: state.polled, cursor: "5" } }
      : undefined;
  const asked = (): readonly string[] =>
    setup.server.requests.flatMap(({ path }) => (path.startsWith("/api/v1/views/live/") ? [path] : []));
  const percents = (): Record<string, number | undefined> =>
    Object.fromEntries(
      [...getViews(setup.client)].map(([viewer, of]) => [viewer, of.get("7")?.watchedPercent]),
    );
  return { ...setup, streams, state, asked, percents };
}

async function live() {
  const opened = open();
  const gone: GoneView[] = [];
  const stop = watchViews(opened.client, ["7"], { onGone: (each) => gone.push(each) });
  await opened.environment.advance(20);
  opened.streams.socket.accept();
  opened.streams.socket.say("ready");
  await opened.environment.advance(0);
  /** Time passes on a stream that shows life. */
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += 5) {
      opened.streams.socket.say("beat");
      await opened.environment.advance(5_000);
    }
  };
  return { ...opened, gone, stop, pass };
}

describe("views of whoever watches", () => {
  it("come by the watcher's one connection, asked for once", async () => {
    const { client, environment, streams, asked, percents, pass } = await live();
    client.watch(job("a"));
    await environment.advance(20);
    expect(streams.socket.heard).toEqual([
      { op: "watch", videos: [], jobs: [], active: false, views: ["7"] },
      { op: "watch", videos: [], jobs: ["a"], active: false, views: ["7"] },
    ]);
    streams.socket.say("ready");
    let told = 0;
    client.subscribe(() => (told += 1));
    streams.socket.say("view", view("s1", 5));
    streams.socket.say("view", view("s1", 4));
    streams.socket.say("view", view("s2", 1));
    expect(percents()).toEqual({ s1: 5, s2: 1 });
    expect(told).toBe(2);
    await pass(50);
    expect(asked()).toEqual(["/api/v1/views/live/?videos=7"]);
  });

  it("are asked for every 5 s where there is no stream, since the last answer", async () => {
    const { client, environment, state, asked, percents } = open({ transport: "poll" });
    watchViews(client, ["7"]);
    await environment.advance(0);
    state.polled = [view("s1", 8)];
    await environment.advance(5_000);
    expect(percents()).toEqual({ s1: 8 });
    expect(asked()).toEqual(["/api/v1/views/live/?videos=7", "/api/v1/views/live/?videos=7&since=5"]);
  });

  it("are asked for again when the stream is lost, and looked after each minute while it is not", async () => {
    const { environment, streams, state, asked, percents, pass } = await live();
    state.polled = [view("s1", 9)];
    await pass(65);
    expect([percents(), asked().length]).toEqual([{ s1: 9 }, 2]);
    for (let i = 0; i < 2; i += 1) {
      streams.socket.drop();
      await environment.advance(1_100);
    }
    state.polled = [view("s1", 10)];
    await environment.advance(30_000);
    expect(percents()).toEqual({ s1: 10 });
  });

  it("that are gone are told to whoever watches them, and come anew with a lower version", async () => {
    const { streams, gone, percents } = await live();
    streams.socket.say("view", view("s1", 50));
    streams.socket.say("view_gone", { video: "7", viewer: "s1" });
    expect([gone, percents()]).toEqual([[{ videoId: "7", viewer: "s1" }], { s1: undefined }]);
    streams.socket.say("view", view("s1", 2));
    expect(percents()).toEqual({ s1: 2 });
  });

  it("are not told to a page that nobody sees, and again when somebody does", async () => {
    const { environment, streams } = await live();
    environment.hide();
    await environment.advance(20_000);
    expect(streams.socket.isOpen).toBe(false);
    environment.visible = true;
    environment.wake();
    await environment.advance(20);
    expect(streams.socket.isOpen).toBe(true);
  });

  it("end with their watchers and with the client", async () => {
    const { client, environment, streams, stop, asked } = await live();
    stop();
    await environment.advance(20);
    expect(streams.socket.isOpen).toBe(false);
    watchViews(client, ["7"]);
    client.close();
    const before = asked().length;
    await environment.advance(120_000);
    expect([asked().length, environment.openTimers]).toEqual([before, 0]);
  });

  it("that cannot be asked for are asked for again, not in a storm", async () => {
    const { client, environment, state, asked, percents } = open({ transport: "poll" });
    state.status = 503;
    watchViews(client, ["7"]);
    await environment.advance(30_000);
    expect(asked().length).toBeGreaterThan(1);
    expect(asked().length).toBeLessThan(8);
    state.status = 200;
    state.polled = [view("s1", 3)];
    await environment.advance(30_000);
    expect(percents()).toEqual({ s1: 3 });
  });
});
