import { describe, expect, it } from "vitest";
import type { ClientOptions, Fetch } from "../../src/statusplane-client.ts";
import { FakeEnvironment } from "../fake-environment.ts";
import { bodies } from "../fake-server.ts";
import { job, setUp, type Setup } from "../setup.ts";
import { FakeStreams, type FakeSocket } from "../transport/fake-streams.ts";
import { FakeBrowser, type FakeTab } from "./fake-browser.ts";

const running = (id: string, version: number, percent: number) => ({
  ...bodies.running(version, percent),
  job_id: id,
});

/** A server of sockets that says hello, and tells what it knows of what is watched, once to each. */
class FakeSource {
  readonly snapshots = new Map<string, Readonly<Record<string, unknown>>>();
  reader: string | null = "k1";
  expiresAtMs: number | null = null;
  readonly #served = new Map<FakeSocket, number>();
  /** What each connection was told: nothing is told twice. */
  readonly #told = new Map<FakeSocket, Set<unknown>>();

  /** The tenant's lists: every job that is not at its end, and every other. */
  #lists(): Readonly<Record<string, unknown>> {
    const ids = (isLive: boolean): string[] =>
      [...this.snapshots]
        .filter(([, text]) => (text["status"] === "PROCESSING") === isLive)
        .map(([id]) => id);
    const ended = Object.fromEntries(ids(false).map((id) => [id, END_MS]));
    return {
      live: { videos: [], jobs: ids(true) },
      ended: { videos: {}, jobs: ended },
      more: 0,
      waiting: {},
    };
  }

  /** Goes through what clients have said since the last time. */
  serve(streams: FakeStreams): void {
    for (const socket of streams.sockets.filter(({ isOpen }) => isOpen)) {
      const heard = this.#served.get(socket);
      if (heard === undefined) {
        const expires = this.expiresAtMs === null ? null : new Date(this.expiresAtMs).toISOString();
        socket.accept({ reader: this.reader, expires_at: expires });
      }
      for (const said of socket.heard.slice(heard ?? 0)) {
        if (said["op"] !== "watch") continue;
        for (const id of said["jobs"] as string[]) {
          this.#tell(socket, this.snapshots.get(id));
        }
        if (said["active"] === true) this.#tellLists(socket);
        socket.say("ready");
      }
      this.#served.set(socket, socket.heard.length);
    }
  }

  #tell(socket: FakeSocket, text: Readonly<Record<string, unknown>> | undefined): void {
    const told = this.#told.get(socket) ?? new Set();
    this.#told.set(socket, told);
    if (text === undefined || told.has(text)) return;
    told.add(text);
    socket.snapshot(text);
  }

  #tellLists(socket: FakeSocket): void {
    for (const text of this.snapshots.values()) this.#tell(socket, text);
    socket.say("list", this.#lists());
  }

  write(id: string, text: Readonly<Record<string, unknown>>, tabs: readonly Tab[]): void {
    this.snapshots.set(id, text);
    for (const { streams } of tabs) {
      for (const socket of streams.sockets) {
        const said = socket.heard.findLast(({ op }) => op === "watch");
        if (!socket.isOpen) continue;
        if (said?.["active"] === true) this.#tellLists(socket);
        else if ((said?.["jobs"] as string[] | undefined)?.includes(id) === true) this.#tell(socket, text);
      }
    }
  }
}

const END = "2026-01-01T00:00:05.000Z";
const END_MS = Date.parse(END);
const done = (id: string) => ({ ...bodies.done({ total: 1 }), job_id: id, updated_at: END });

interface Tab extends Setup {
  readonly streams: FakeStreams;
  readonly tab: FakeTab;
  /** How many connections are open. */
  readonly open: number;
}

class Scene {
  readonly browser = new FakeBrowser();
  readonly source = new FakeSource();
  readonly tabs: Tab[] = [];

  tab(options: Partial<ClientOptions> = {}): Tab {
    const streams = new FakeStreams();
    const environment = new FakeEnvironment();
    environment.openSocket = streams.openSocket;
    const tab = this.browser.openTab();
    environment.tabs = tab;
    const fetching: Fetch = (url, init) => streams.before(setup.server.fetch)(url, init);
    const setup = setUp({ transport: "websocket", ...options, fetch: fetching }, environment);
    const made = {
      ...setup,
      streams,
      tab,
      get open(): number {
        return streams.sockets.filter(({ isOpen }) => isOpen).length;
      },
    };
    this.tabs.push(made);
    return made;
  }

  /** Lets time pass in every tab that is not stopped. */
  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 50) {
      for (const { environment, tab, streams } of this.tabs) {
        if (tab.isStopped) continue;
        await environment.advance(passed === 0 ? 0 : 50);
        this.source.serve(streams);
      }
    }
  }

  async beat(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.advance(1_000);
      for (const { streams, tab } of this.tabs) {
        if (!tab.isStopped && second % 10 === 0)
          for (const socket of streams.sockets) if (socket.isOpen) socket.say("beat");
      }
    }
  }

  get open(): readonly number[] {
    return this.tabs.map(({ open }) => open);
  }
}

/** Two tabs that watch a job each, of which the first leads. */
async function two(): Promise<{ readonly scene: Scene; readonly first: Tab; readonly second: Tab }> {
  const scene = new Scene();
  scene.source.snapshots.set("a", running("a", 1, 10));
  scene.source.snapshots.set("b", running("b", 1, 15));
  const first = scene.tab();
  first.client.watch(job("a"));
  await scene.advance(200);
  const second = scene.tab();
  second.client.watch(job("a"));
  second.client.watch(job("b"));
  await scene.advance(400);
  return { scene, first, second };
}

describe("the tabs of one browser", () => {
  it("have one connection, which tells each what it watches, also what it was told before", async () => {
    const { scene, first, second } = await two();
    expect(scene.open).toEqual([1, 0]);
    expect(second.client.get(job("a"))?.percent).toBe(10);
    expect(second.client.get(job("b"))?.percent).toBe(15);
    expect([first, second].map(({ client }) => client.connectionStatus)).toEqual(["live", "live"]);
    scene.source.write("a", running("a", 2, 20), scene.tabs);
    scene.source.write("b", running("b", 2, 25), scene.tabs);
    await scene.advance(200);
    expect([first, second].map(({ client }) => client.get(job("a"))?.percent)).toEqual([20, 20]);
    expect(second.client.get(job("b"))?.percent).toBe(25);
    expect([first.server.requests, second.server.requests]).toEqual([[], []]);
  });

  it("are told by the leading one what the server has told it before, and does not tell again", async () => {
    const { scene, first, second } = await two();
    scene.source.snapshots.set("d", running("d", 4, 44));
    first.client.watch(job("d"));
    await scene.advance(300);
    second.client.watch(job("d"));
    await scene.advance(300);
    expect(second.client.get(job("d"))?.percent).toBe(44);
    expect(second.server.requests).toEqual([]);
  });

  it("hear of what a tab begins to watch later, and not of what nobody watches any more", async () => {
    const { scene, first, second } = await two();
    scene.source.snapshots.set("c", running("c", 3, 33));
    const end = second.client.watch(job("c"));
    await scene.advance(200);
    expect(second.client.get(job("c"))?.percent).toBe(33);
    expect(second.server.requests).toEqual([]);
    end();
    await scene.advance(200);
    expect(first.streams.socket.heard.at(-1)).toMatchObject({ jobs: ["a", "b"] });
    second.client.close();
    await scene.advance(200);
    expect(first.streams.socket.heard.at(-1)).toMatchObject({ jobs: ["a"] });
  });

  it("have the tenant's list by the one connection, whichever of them wants it, and each as it changes", async () => {
    const { scene, first, second } = await two();
    scene.source.snapshots.set("z", done("z"));
    second.client.watchActive();
    await scene.advance(300);
    expect(scene.open).toEqual([1, 0]);
    expect(first.streams.socket.heard.at(-1)).toMatchObject({ active: true });
    expect(second.client.getActive()).toMatchObject({
      refs: [job("a"), job("b"), job("z")],
      isLoading: false,
    });
    expect(second.client.get(job("z"))?.status).toBe("DONE");
    expect(first.client.getActive().isLoading).toBe(true);
    const third = scene.tab();
    third.client.watchActive(); // the server has told it all already: the leading tab knows it
    await scene.advance(400);
    expect(third.client.getActive().refs).toEqual([job("a"), job("b"), job("z")]);
    expect(third.client.get(job("z"))?.status).toBe("DONE");
    scene.source.write("n", running("n", 1, 5), scene.tabs);
    scene.source.write("a", done("a"), scene.tabs);
    await scene.advance(300);
    for (const { client } of [second, third]) {
      expect(client.getActive().refs).toEqual([job("b"), job("n"), job("a"), job("z")]);
      expect(client.get(job("a"))?.status).toBe("DONE");
      expect(client.get(job("n"))?.percent).toBe(5);
    }
    expect(scene.open).toEqual([1, 0, 0]);
    expect(scene.tabs.flatMap(({ server }) => server.requests)).toEqual([]);
  });

  it("ask for a new token once, and make no request, as long as one leads", async () => {
    const scene = new Scene();
    let asked = 0;
    scene.source.expiresAtMs = Date.now() + 60_000;
    const getToken = () => `token-${(asked += 1)}`;
    for (let n = 0; n < 3; n++) {
      scene.tab({ getToken }).client.watch(job("a"));
      scene.source.snapshots.set("a", running("a", 1, 10));
      await scene.advance(400);
    }
    const before = asked;
    await scene.beat(57);
    expect(scene.open).toEqual([1, 0, 0]);
    expect(asked - before).toBe(1);
    expect(scene.tabs.flatMap(({ server }) => server.requests)).toEqual([]);
  });

  it("hear nothing in what is no message of theirs", async () => {
    const { scene, first, second } = await two();
    const [name = ""] = scene.browser.channelNames;
    const stranger = scene.browser.openTab().openChannel(name, () => undefined);
    const nonsense = [null, 7, "want", [], {}, { say: "want", from: "x" }, { say: "news", to: null }];
    for (const each of [...nonsense, { say: "here", to: "tab-2" }, { say: "leave", from: "tab-1" }]) {
      stranger.post(each);
    }
    await scene.advance(200);
    scene.source.write("a", running("a", 2, 20), scene.tabs);
    await scene.advance(200);
    expect([first, second].map(({ client }) => client.get(job("a"))?.percent)).toEqual([20, 20]);
    expect(scene.open).toEqual([1, 0]);
  });

  it("of another reader share nothing", async () => {
    const { scene } = await two();
    scene.source.reader = "k2";
    const other = scene.tab();
    other.client.watch(job("a"));
    await scene.advance(400);
    expect(scene.open).toEqual([1, 0, 1]);
  });

  it("share nothing where the server names no reader", async () => {
    const scene = new Scene();
    scene.source.reader = null;
    for (let n = 0; n < 2; n++) scene.tab().client.watch(job("a"));
    await scene.advance(400);
    expect(scene.open).toEqual([1, 1]);
    expect(scene.browser.openChannels).toBe(0);
  });

  it("leave nothing behind when their clients close", async () => {
    const { scene } = await two();
    for (const { client } of scene.tabs) client.close();
    await scene.advance(100);
    expect(scene.open).toEqual([0, 0]);
    expect([scene.browser.holders, scene.browser.openChannels]).toEqual([[], 0]);
    expect(scene.tabs.map(({ environment }) => environment.openTimers)).toEqual([0, 0]);
  });
});

describe("a leading tab", () => {
  it("that closes is followed by another", async () => {
    const { scene, first, second } = await two();
    first.client.close();
    await scene.advance(1_000);
    expect(scene.open).toEqual([0, 1]);
    scene.source.write("b", running("b", 5, 55), scene.tabs);
    await scene.advance(200);
    expect(second.client.get(job("b"))?.percent).toBe(55);
  });

  it("that does not answer for 5 s loses the lock, and there is one connection again after it goes on", async () => {
    const { scene, first, second } = await two();
    first.tab.stop();
    scene.source.write("a", running("a", 4, 40), [second]);
    await scene.beat(11);
    expect(scene.browser.holders).toEqual([second.tab]);
    expect(second.client.get(job("a"))?.percent).toBe(40);
    expect(second.client.connectionStatus).toBe("live");
    first.tab.goOn();
    await scene.beat(3);
    expect(scene.open).toEqual([0, 1]);
    scene.source.write("a", running("a", 6, 60), scene.tabs);
    await scene.advance(200);
    expect(first.client.get(job("a"))?.percent).toBe(60);
  });

  it("that is hidden gives way to one that is seen", async () => {
    const { scene, first, second } = await two();
    first.environment.hide();
    await scene.beat(7);
    expect(scene.browser.holders).toEqual([second.tab]);
    expect(scene.open).toEqual([0, 1]);
    scene.source.write("a", running("a", 7, 70), scene.tabs);
    await scene.advance(200);
    expect(first.client.get(job("a"))?.percent).toBe(70);
  });

  it("keeps the lead while both are hidden", async () => {
    const { scene, first, second } = await two();
    second.environment.hide();
    first.environment.hide();
    await scene.beat(12);
    expect(scene.browser.holders).toEqual([first.tab]);
  });

  it("gives up when it is frozen or left, and follows when it comes back", async () => {
    const { scene, first, second } = await two();
    first.tab.leave();
    await scene.advance(100);
    first.tab.stop();
    await scene.beat(2);
    expect(scene.browser.holders).toEqual([second.tab]);
    expect(scene.open).toEqual([0, 1]);
    first.tab.goOn();
    first.tab.comeBack();
    await scene.beat(2);
    expect(scene.open).toEqual([0, 1]);
    scene.source.write("a", running("a", 8, 80), scene.tabs);
    await scene.advance(200);
    expect(first.client.get(job("a"))?.percent).toBe(80);
  });

  it("tells again, at the next sign of life, what a tab that follows has missed", async () => {
    const { scene, second } = await two();
    second.tab.isDeaf = true;
    scene.source.write("b", running("b", 5, 55), scene.tabs);
    await scene.advance(200);
    second.tab.isDeaf = false;
    await scene.beat(6);
    expect(second.client.get(job("b"))?.percent).toBe(55);
    expect(scene.open).toEqual([1, 0]);
  });

  it("answers a tab that has missed its first answer", async () => {
    const scene = new Scene();
    const [first, second] = [scene.tab(), scene.tab()];
    second.tab.isDeaf = true;
    for (const { client } of [first, second]) client.watch(job("a"), () => {});
    await scene.beat(1);
    expect(scene.open).toEqual([1, 1]);
    second.tab.isDeaf = false;
    await scene.beat(6);
    expect(scene.open).toEqual([1, 0]);
  });

  it("whose stream has failed lets each poll for itself", async () => {
    const { scene, first, second } = await two();
    for (const { server } of scene.tabs) server.snapshots.set("job:a", bodies.running(9, 90));
    await scene.advance(21_000); // no beat
    expect([first, second].map(({ client }) => client.get(job("a"))?.percent)).toEqual([90, 90]);
    expect([first, second].map(({ client }) => client.connectionStatus)).toEqual(["polling", "polling"]);
  });
});

describe("a page that cannot share", () => {
  it("has a WebSocket for itself, and no SSE", async () => {
    const streams = new FakeStreams();
    const environment = new FakeEnvironment();
    environment.openSocket = streams.openSocket;
    environment.tabs = null;
    const fetching: Fetch = (url, init) => streams.before(setup.server.fetch)(url, init);
    const setup = setUp({ transport: "auto", fetch: fetching }, environment);
    setup.client.watch(job("a"));
    await environment.advance(20);
    streams.socket.drop();
    await environment.advance(20_000);
    expect(streams.events).toEqual([]);
    expect(setup.server.polls.length).toBeGreaterThan(0);
  });

  it("keeps no SSE either whose reader is not named", async () => {
    const streams = new FakeStreams();
    const environment = new FakeEnvironment();
    environment.tabs = new FakeBrowser().openTab();
    const fetching: Fetch = (url, init) => streams.before(setup.server.fetch)(url, init);
    const setup = setUp({ transport: "auto", fetch: fetching }, environment);
    setup.client.watch(job("a"));
    await environment.advance(20);
    streams.stream.hello({ reader: null });
    await environment.advance(20);
    expect(streams.stream.isOpen).toBe(false);
    expect(setup.client.connectionStatus).not.toBe("live");
    await environment.advance(300_000);
    expect(streams.events).toHaveLength(1);
  });
});
