import { describe, expect, it } from "vitest";
import type { ClientOptions, Fetch } from "../../src/statusplane-client.ts";
import { FakeEnvironment } from "../fake-environment.ts";
import { bodies } from "../fake-server.ts";
import { job, setUp, video, type Setup } from "../setup.ts";
import { FakeStreams } from "./fake-streams.ts";

const READY = {};
const running = (id: string, version: number, percent: number) => ({
  ...bodies.running(version, percent),
  job_id: id,
});

interface Streaming extends Setup {
  readonly streams: FakeStreams;
}

/** A client in a browser that has WebSockets, of a server that the test is. */
function stream(options: Partial<ClientOptions> = {}): Streaming {
  const streams = new FakeStreams();
  const environment = new FakeEnvironment();
  environment.openSocket = streams.openSocket;
  const fetching: Fetch = (url, init) => streams.before(setup.server.fetch)(url, init);
  const setup = setUp({ transport: "auto", ...options, fetch: fetching }, environment);
  return { ...setup, streams };
}

/** A watched job whose stream has told it. */
async function live(options: Partial<ClientOptions> = {}): Promise<Streaming> {
  const setup = stream(options);
  const { client, environment, server, streams } = setup;
  server.snapshots.set("job:a", bodies.running(2, 20));
  client.watch(job("a"));
  await environment.advance(20);
  streams.socket.accept();
  streams.socket.snapshot(running("a", 2, 20));
  streams.socket.say("ready", READY);
  await environment.advance(0);
  return setup;
}

describe("a stream", () => {
  it("tells what is watched, and nothing is polled", async () => {
    const { client, environment, server, streams } = await live();
    expect(streams.socket).toMatchObject({
      url: "/api/v1/ws/",
      protocols: ["statusplane.v1", "bearer.token-of-7"],
      heard: [{ op: "watch", videos: [], jobs: ["a"], active: false, views: [] }],
    });
    expect(client.get(job("a"))?.percent).toBe(20);
    expect(client.connectionStatus).toBe("live");
    streams.socket.snapshot(running("a", 3, 30));
    await environment.advance(50);
    expect(client.get(job("a"))?.percent).toBe(30);
    expect(server.requests).toEqual([]);
  });

  it("shows nothing older than what was shown", async () => {
    const { client, environment, streams } = await live();
    streams.socket.snapshot(running("a", 1, 10));
    await environment.advance(1_000);
    expect(client.get(job("a"))).toMatchObject({ percent: 20, version: 2 });
  });

  it("asks for more and for less while it is open, gathered", async () => {
    const { client, environment, streams } = await live();
    const ends = ["b", "c"].map((id) => client.watch(job(id)));
    client.watch(video("1"));
    await environment.advance(100);
    for (const end of ends) end();
    await environment.advance(100);
    expect(streams.sockets).toHaveLength(1);
    expect(streams.socket.heard.slice(1)).toEqual([
      { op: "watch", videos: ["1"], jobs: ["a", "b", "c"], active: false, views: [] },
      { op: "watch", videos: ["1"], jobs: ["a"], active: false, views: [] },
    ]);
  });

  it("answers each beat, and a page of another program's frames changes nothing", async () => {
    const { environment, streams, client } = await live();
    for (const frame of ["", "null", "<html>", '{"event":"later"}', '{"status":"DONE"}'])
      streams.socket.frame(frame);
    streams.socket.say("beat");
    await environment.advance(100);
    expect(streams.socket.heard.at(-1)).toEqual({ op: "beat" });
    expect(client.get(job("a"))?.percent).toBe(20);
  });

  it("signs in by its first message where a token fits into no subprotocol", async () => {
    const token = `${"가".repeat(10)}=/+`;
    const { environment, client, streams } = stream({ getToken: () => token });
    client.watch(job("a"));
    await environment.advance(20);
    streams.socket.accept();
    expect(streams.socket.protocols).toEqual(["statusplane.v1"]);
    expect(streams.socket.heard[0]).toEqual({ op: "sign_in", token });
    expect(streams.socket.url).not.toContain("token");
  });

  it("is closed when nothing is watched any more, and with the client", async () => {
    const { client, environment, streams } = stream();
    const end = client.watch(job("a"));
    await environment.advance(20);
    streams.socket.accept();
    end();
    await environment.advance(20);
    expect(streams.socket.isOpen).toBe(false);
    client.watch(job("b"));
    await environment.advance(20);
    streams.socket.accept();
    client.close();
    expect(streams.socket.isOpen).toBe(false);
    expect(client.connectionStatus).toBe("closed");
    expect(environment.openTimers).toBe(0);
  });

  it("tells at most a hundred jobs; the others are polled", async () => {
    const { client, environment, server, streams } = stream();
    for (let i = 0; i < 102; i++) client.watch(job(`j${i}`));
    await environment.advance(20);
    streams.socket.accept();
    streams.socket.say("ready");
    await environment.advance(2_000);
    expect(streams.socket.heard[0]).toMatchObject({ jobs: Array.from({ length: 100 }, (_, i) => `j${i}`) });
    expect(new Set(server.polls.map(({ path }) => path))).toEqual(
      new Set(["/api/v1/progress/?jobs=j100,j101"]),
    );
  });

  it("is polled beside once a minute, and a failure of that poll loses nothing", async () => {
    const { client, environment, server, streams } = await live();
    server.snapshots.set("job:a", bodies.running(4, 40));
    for (let second = 0; second < 60; second += 10) {
      streams.socket.say("beat");
      await environment.advance(10_000);
    }
    expect(server.polls).toHaveLength(1);
    expect(client.get(job("a"))?.percent).toBe(40);
    server.handler = () => Promise.reject(new TypeError("fetch failed"));
    for (let second = 0; second < 60; second += 10) {
      streams.socket.say("beat");
      await environment.advance(10_000);
    }
    expect(server.polls.length).toBeGreaterThan(1);
    expect(client.get(job("a"))?.connection).toBe("ok");
    expect(client.connectionStatus).toBe("live");
  });

  it("finds a job stalled whose worker is silent, by the server's clock", async () => {
    const { client, environment, server, streams } = stream();
    const text = { ...running("a", 2, 20), updated_at: "2026-01-01T00:00:01.000Z" };
    server.snapshots.set("job:a", text);
    client.watch(job("a"));
    await environment.advance(20);
    streams.socket.accept();
    streams.socket.snapshot(text);
    streams.socket.say("ready");
    environment.wake(); // its poll tells the time
    for (let second = 0; second < 50; second += 10) {
      await environment.advance(10_000);
      streams.socket.say("beat");
    }
    await environment.advance(100);
    expect(client.get(job("a"))?.isStalled).toBe(true);
  });
});

describe("without WebSockets", () => {
  it("events come by a signed fetch, in a POST where an address holds too little", async () => {
    const { client, environment, streams, server } = stream({ transport: "sse" });
    client.watch(job("a"));
    client.watch(video("7"));
    await environment.advance(20);
    expect(streams.stream.url).toBe("/api/v1/events/?videos=7&jobs=a");
    expect(new Headers(streams.stream.init.headers).get("authorization")).toBe("Bearer token-of-7");
    streams.stream.hello();
    streams.stream.say("snapshot", running("a", 2, 20));
    streams.stream.say("ready");
    await environment.advance(60);
    expect(client.get(job("a"))?.percent).toBe(20);
    expect(client.connectionStatus).toBe("live");
    expect(server.requests).toEqual([]);
    for (let i = 0; i < 90; i++) client.watch(job(`${"x".repeat(30)}${i}`));
    await environment.advance(20);
    expect(streams.stream).toMatchObject({ url: "/api/v1/events/", init: { method: "POST" } });
    expect(JSON.parse(streams.stream.init.body as string)).toMatchObject({ videos: ["7"], active: false });
  });

  it("a new job opens the next stream, and the last is left when that has told everything", async () => {
    const { client, environment, streams } = stream({ transport: "sse" });
    client.watch(job("a"));
    await environment.advance(20);
    const first = streams.stream;
    first.hello();
    first.say("ready");
    await environment.advance(0);
    const end = client.watch(job("b"));
    await environment.advance(20);
    expect(streams.events).toHaveLength(2);
    streams.stream.hello();
    await environment.advance(0);
    expect(first.isOpen).toBe(true);
    streams.stream.say("ready");
    await environment.advance(0);
    expect([first.isOpen, streams.stream.isOpen]).toEqual([false, true]);
    end(); // what is no more wanted needs no other
    await environment.advance(1_000);
    expect(streams.events).toHaveLength(2);
  });

  it.each([
    ["another program's page", () => new Response("<html>", { headers: { "Content-Type": "text/html" } })],
    ["204", () => new Response(null, { status: 204 })],
    ["502", () => new Response("bad gateway", { status: 502 })],
    ["429", () => new Response("{}", { status: 429, headers: { "Retry-After": "30" } })],
  ])("an answer that is %s is no stream: the poll takes over", async (_, answer) => {
    const { client, environment, streams, server } = stream({ transport: "sse" });
    streams.refuseEvents = answer;
    server.snapshots.set("job:a", bodies.running(2, 20));
    client.watch(job("a"));
    await environment.advance(100);
    expect(client.get(job("a"))?.percent).toBe(20);
    expect(client.connectionStatus).toBe("polling");
  });
});

describe("the choice", () => {
  it("is WebSocket, then SSE, then the poll, within 10 s in sum, and what is watched is shown within 2 s", async () => {
    const { client, environment, streams, server } = stream();
    server.snapshots.set("job:a", bodies.running(2, 20));
    client.watch(job("a"));
    await environment.advance(20);
    expect([streams.sockets.length, streams.events.length]).toEqual([1, 0]);
    streams.socket.onopen?.(); // a box lets the handshake pass and swallows the frames
    await environment.advance(2_000);
    expect(client.get(job("a"))?.percent).toBe(20);
    expect(client.connectionStatus).toBe("polling");
    await environment.advance(2_500);
    expect(streams.socket.isOpen).toBe(false);
    expect(streams.events).toHaveLength(1); // and another holds bytes back
    await environment.advance(5_000);
    expect(streams.stream.isOpen).toBe(false);
    await environment.advance(40_000);
    expect([streams.sockets.length, streams.events.length]).toEqual([1, 1]);
    expect(client.connectionStatus).toBe("polling");
  });

  it("falls through at once where both are refused", async () => {
    const { client, environment, streams, server } = stream();
    server.snapshots.set("job:a", bodies.running(2, 20));
    streams.refuseEvents = () => new Response("{}", { status: 404 });
    client.watch(job("a"));
    await environment.advance(20);
    streams.socket.drop();
    await environment.advance(0);
    expect(client.connectionStatus).toBe("polling");
  });

  it.each(["websocket", "sse"] as const)(
    "is %s alone where the page says so, and the poll behind it",
    async (transport) => {
      const { client, environment, streams, server } = stream({ transport });
      server.snapshots.set("job:a", bodies.running(2, 20));
      streams.refuseEvents = () => new Response("{}", { status: 404 });
      client.watch(job("a"));
      await environment.advance(20);
      streams.sockets.at(-1)?.drop();
      await environment.advance(10);
      expect(streams.sockets).toHaveLength(transport === "websocket" ? 1 : 0);
      expect(client.connectionStatus).toBe("polling");
    },
  );

  it("comes back to the stream within two minutes after it works, and not before one", async () => {
    const { client, environment, streams, server } = await live();
    await environment.advance(20_000); // silent
    expect(client.connectionStatus).toBe("polling");
    const polls = server.polls.length;
    await environment.advance(60_000);
    expect(server.polls.length).toBeGreaterThan(polls);
    expect([streams.socket.isOpen, streams.sockets.length]).toEqual([false, 1]);
    for (let second = 60; second < 120 && streams.sockets.length === 1; second++)
      await environment.advance(1_000);
    expect(streams.sockets).toHaveLength(2);
    streams.socket.accept();
    streams.socket.say("ready");
    await environment.advance(0);
    expect(client.connectionStatus).toBe("live");
  });
});

describe("a stream that ends", () => {
  it("is opened again within a second, and nothing is polled meanwhile", async () => {
    const { client, environment, streams, server } = await live();
    for (let second = 0; second < 50; second += 10) {
      streams.socket.say("beat");
      await environment.advance(10_000);
    }
    environment.dice = 0.5;
    streams.socket.drop();
    await environment.advance(600);
    expect(streams.sockets).toHaveLength(2);
    streams.socket.accept();
    streams.socket.snapshot(running("a", 9, 90));
    streams.socket.say("ready");
    await environment.advance(100);
    expect(client.get(job("a"))?.percent).toBe(90);
    expect(client.connectionStatus).toBe("live");
    expect(server.requests).toEqual([]);
  });

  it("soon after it began is opened again once; what breaks twice is left to the poll for a while", async () => {
    const { client, environment, streams, server } = await live();
    server.snapshots.set("job:a", bodies.running(4, 40));
    streams.socket.drop();
    await environment.advance(100);
    expect(streams.sockets).toHaveLength(2);
    streams.socket.accept();
    streams.socket.say("ready");
    await environment.advance(2_000);
    expect([client.connectionStatus, server.requests.length]).toEqual(["live", 0]);
    streams.socket.drop();
    await environment.advance(100);
    expect(client.connectionStatus).toBe("polling");
    await environment.advance(50_000);
    expect(streams.sockets).toHaveLength(2);
  });

  it("of which no byte comes for 20 s has failed, however open it looks", async () => {
    const { client, environment, streams, server } = await live();
    await environment.advance(19_000);
    expect(server.requests).toEqual([]);
    server.snapshots.set("job:a", bodies.running(7, 70));
    await environment.advance(1_500);
    expect(streams.socket.isOpen).toBe(false);
    expect(client.get(job("a"))?.percent).toBe(70);
    expect(client.connectionStatus).toBe("polling");
  });

  it("because it is old is followed by the next without a gap", async () => {
    const { client, environment, streams, server } = await live();
    const first = streams.socket;
    first.say("bye", { reason: "age", retry_after_ms: 0 });
    await environment.advance(20);
    expect(streams.sockets).toHaveLength(2);
    streams.socket.accept();
    streams.socket.snapshot(running("a", 5, 50));
    expect(first.isOpen).toBe(true);
    streams.socket.say("ready");
    await environment.advance(0);
    expect(first.isOpen).toBe(false);
    expect(client.connectionStatus).toBe("live");
    expect(server.requests).toEqual([]);
  });

  it("because its process leaves is opened elsewhere when the server says, without polls before", async () => {
    const { client, environment, streams, server } = await live();
    streams.socket.say("bye", { reason: "leaving", retry_after_ms: 3_000 });
    streams.socket.drop();
    await environment.advance(2_900);
    expect([streams.sockets.length, server.requests.length]).toEqual([1, 0]);
    await environment.advance(200);
    expect(streams.sockets).toHaveLength(2);
    streams.socket.accept();
    streams.socket.say("ready");
    await environment.advance(0);
    expect(client.connectionStatus).toBe("live");
  });

  it("because its process leaves, but serves on, is left when the next has told everything", async () => {
    const { client, environment, streams, server } = await live();
    const first = streams.socket;
    first.say("bye", { reason: "leaving", retry_after_ms: 3_000 });
    await environment.advance(2_990);
    expect(streams.sockets).toHaveLength(1);
    first.snapshot(running("a", 4, 40));
    await environment.advance(60);
    expect(client.get(job("a"))?.percent).toBe(40);
    streams.socket.accept();
    streams.socket.say("ready");
    await environment.advance(0);
    expect(streams.sockets.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    expect(server.requests).toEqual([]);
  });

  it("is renewed with a new token on the open socket before the token ends, once for each", async () => {
    const tokens = ["first", "second"];
    const { client, environment, streams } = stream({ getToken: () => tokens[0] ?? null });
    client.watch(job("a"));
    await environment.advance(20);
    const expiry = (ms: number) => new Date(Date.now() + ms).toISOString();
    streams.socket.accept({ expires_at: expiry(60_000) });
    streams.socket.say("ready");
    tokens.shift();
    for (let second = 0; second < 60; second += 10) {
      streams.socket.say("beat");
      await environment.advance(10_000);
    }
    expect(streams.socket.heard.filter(({ op }) => op === "sign_in")).toEqual([
      { op: "sign_in", token: "second" },
    ]);
    expect(streams.sockets).toHaveLength(1);
  });

  it("with its token and finds no new one is signed out, and told once", async () => {
    let told = 0;
    const { client, environment, streams, server } = await live({ onUnauthenticated: () => (told += 1) });
    server.handler = () => ({ status: 401, body: { code: "unauthenticated", detail: "no" } });
    streams.refuseEvents = () => new Response("{}", { status: 401 });
    streams.socket.say("bye", { reason: "expired", retry_after_ms: 0 });
    streams.socket.drop();
    await environment.advance(20);
    streams.socket.drop(); // 4001
    await environment.advance(30_000);
    expect(client.connectionStatus).toBe("signed_out");
    expect(told).toBe(1);
  });

  it("is followed by none when all that it told has ended", async () => {
    const { client, environment, streams } = stream({ transport: "sse" });
    client.watch(job("a"));
    await environment.advance(20);
    streams.stream.hello();
    streams.stream.say("snapshot", { ...bodies.done({ total: 1 }), job_id: "a" });
    streams.stream.say("ready");
    streams.stream.say("end");
    streams.stream.end();
    await environment.advance(120_000);
    expect(client.get(job("a"))?.status).toBe("DONE");
    expect(streams.events).toHaveLength(1);
    expect(environment.openTimers).toBe(0);
  });
});

describe("connectionStatus", () => {
  it("is offline only when nobody answers, and told to subscribers", async () => {
    const { client, environment, streams, server } = await live();
    const seen: string[] = [];
    client.subscribe(() => seen.push(client.connectionStatus));
    server.handler = () => Promise.reject(new TypeError("fetch failed"));
    streams.refuseEvents = () => Response.error();
    environment.dice = 0.99;
    streams.socket.drop();
    for (let turn = 0; turn < 30; turn++) {
      await environment.advance(1_000);
      if (streams.socket.isOpen) streams.socket.drop();
    }
    expect(client.connectionStatus).toBe("offline");
    expect(client.get(job("a"))).toMatchObject({ percent: 20, connection: "lost" });
    server.handler = () => undefined;
    await environment.advance(16_000);
    expect(client.connectionStatus).toBe("polling");
    expect(new Set(seen)).toEqual(new Set(["connecting", "offline", "polling"]));
  });
});

describe("a hidden page", () => {
  it("that wants nothing there asks and hears nothing after a moment, and is fresh when it is seen again", async () => {
    const { client, environment, streams, server } = await live({ whileHidden: () => false });
    environment.hide();
    await environment.advance(10_100);
    expect(streams.socket.isOpen).toBe(false);
    await environment.advance(600_000);
    expect([streams.sockets.length, server.requests.length]).toEqual([1, 0]);
    server.snapshots.set("job:a", bodies.running(6, 60));
    environment.visible = true;
    environment.wake();
    await environment.advance(100);
    expect(client.get(job("a"))?.percent).toBe(60);
    expect(streams.sockets).toHaveLength(2);
  });

  it("that wants a title hears on, or polls each 15 s", async () => {
    const { environment, streams, server } = await live();
    environment.hide();
    for (let second = 0; second < 60; second += 10) {
      streams.socket.say("beat");
      await environment.advance(10_000);
    }
    expect(streams.socket.isOpen).toBe(true);
    expect(server.polls.length).toBeLessThanOrEqual(1);
  });

  it("polls nothing either where nothing is pushed", async () => {
    const { client, environment, server } = setUp({ whileHidden: () => false });
    server.snapshots.set("job:a", bodies.running(1, 10));
    client.watch(job("a"));
    await environment.advance(2_000);
    environment.hide();
    await environment.advance(11_000);
    const polls = server.polls.length;
    await environment.advance(600_000);
    expect(server.polls).toHaveLength(polls);
    environment.visible = true;
    environment.wake();
    await environment.advance(0);
    expect(server.polls).toHaveLength(polls + 1);
  });
});
