import { DEFAULT_TIMINGS, jobRef, StatusplaneError } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { afterEach, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/index.ts";
import { signedToken } from "../fakes/index.ts";
import { openWatching, pending, running, write, type Watching } from "./open-watching.ts";
import { CLIENTS, openSocket, type StreamClient } from "./stream-clients.ts";

const VIDEO = jobRef("7", "video", "42");
const EXP = Math.floor(Date.now() / 1_000) + 3_600;

let watching: Watching;
const clients: StreamClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await watching.close();
});
const start = async (options: Partial<ServerOptions> = {}): Promise<void> => {
  watching = await openWatching(options);
  await write(watching, pending(VIDEO, 1));
};

describe.each(CLIENTS)("a stream by %s", (transport, openClient) => {
  const isSse = transport === "SSE";
  const open = async (claims: object = {}): Promise<StreamClient> => {
    const client = await openClient({
      base: watching.base,
      token: await signedToken({ tenant_id: 7, exp: EXP, ...claims }), // the same token each time
      ask: { videos: ["42"] },
    });
    clients.push(client);
    return client;
  };
  /** How a stream that is one too many fares. */
  const refusal = async (claims: object = {}): Promise<string> => {
    const client = await open(claims).catch((error: unknown) => String(error));
    return typeof client === "string" ? client : String(await client.over());
  };

  it("that is old is told to open the next, and is served until then", async () => {
    const timings = { ...DEFAULT_TIMINGS, socketAgeMs: 500, eventsAgeMs: 500 };
    await start({ timings });
    const client = await open();
    await client.until("bye age");
    await write(watching, running(VIDEO, 1, 1));
    await client.until("video:42 1.1");
    const next = await open();
    await next.until("ready");
    client.close();
    const headers = { authorization: `Bearer ${await signedToken({ role: "operator" })}` };
    const { body } = await watching.server.inject({ url: "/metrics", headers });
    const name = isSse ? "sse" : "websocket";
    expect(body).toContain(`statusplane_streams_opened_total{transport="${name}",opening="renewal"} 1`);
  });

  it.each([
    ["token", { streamsPerToken: 2 }, {}],
    ["tenant", { streamsPerTenant: 2 }, { sub: "bob" }],
    ["address", { streamsPerAddress: 2 }, { tenant_id: 8 }],
  ] as const)(
    "is refused where its %s has as many as it may, until one is closed",
    async (_what, limits, claims) => {
      await start(limits);
      const [first, second] = [await open(), await open()];
      await first.until("ready");
      await second.until("ready");
      expect(await refusal(claims)).toBe(isSse ? "Error: status 429" : "4029");
      first.close();
      await eventually("there is room again", async () => {
        const client = await open(claims).catch(() => null);
        await new Promise((resolve) => setTimeout(resolve, 50));
        return client?.isOver() === false && client.said.includes("ready");
      });
    },
  );

  it("is told to come back elsewhere when the process leaves, each at a time of its own, and is served until then", async () => {
    const leaving = new AbortController();
    await start({ leaving: leaving.signal, drainMs: 1_500 });
    const all = await Promise.all(Array.from({ length: 8 }, () => open()));
    for (const client of all) await client.until("ready");
    leaving.abort();
    for (const client of all) await client.until("bye leaving");
    const times = all.map(({ events }) => events.find(({ event }) => event === "bye"));
    const waits = times.map((bye) => (bye?.event === "bye" ? bye.retryAfterMs : -1));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_500);
    expect(new Set(waits).size).toBeGreaterThan(4);
    await write(watching, running(VIDEO, 1, 1));
    for (const client of all) await client.until("video:42 1.1");
    expect(await refusal()).toBe(isSse ? "Error: status 503" : "1012");
    await watching.server.close();
    for (const client of all) expect(await client.over()).toBe(isSse ? 0 : 1012);
  });

  it("that is open when the server closes ends with it", async () => {
    await start();
    const client = await open();
    await client.until("ready");
    await watching.server.close();
    expect(await client.over()).toBe(isSse ? 0 : 1012);
    expect(client.said.slice(-1)).toEqual(["bye leaving"]);
  });

  it("does not begin where the store is away", async () => {
    await start();
    await watching.store.close();
    watching.store.feed.subscribe = () => Promise.reject(new StatusplaneError("store_unavailable"));
    expect(await refusal()).toBe(isSse ? "Error: status 503" : "1013");
  });
});

describe("a socket that nobody signed in", () => {
  it("is closed when the process leaves", async () => {
    const leaving = new AbortController();
    await start({ leaving: leaving.signal, drainMs: 100 });
    const client = await openSocket({ base: watching.base });
    leaving.abort();
    expect(await client.over()).toBe(1012);
  });
});
