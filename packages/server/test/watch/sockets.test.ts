import { DEFAULT_TIMINGS, jobRef, type Timings } from "@statusplane/core";
import { bearerProtocol, SUBPROTOCOL } from "@statusplane/core/wire";
import { eventually } from "@statusplane/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Authenticate } from "../../src/index.ts";
import { SECRET, signedToken } from "../fakes/index.ts";
import { openWatching, pending, write, type Watching } from "./open-watching.ts";
import { openSocket, type SocketClient, type SocketOptions } from "./stream-clients.ts";

const VIDEO = jobRef("7", "video", "42");
const SESSION = { cookie: "session=alice" };
/** Cookies, and tokens of its own kind. */
const authenticate: Authenticate = ({ headers: { cookie, authorization } }) =>
  cookie?.includes("session=alice") === true || authorization === `Bearer ${ODD_TOKEN}`
    ? { tenant: "7", subject: "alice" }
    : null;
/** As large as tokens get, of characters that no header has. */
const ODD_TOKEN = "옹 \"',;{}\n".repeat(700);

let watching: Watching;
const clients: SocketClient[] = [];
/** Patience is short only where a test waits for its end: a busy process would run out of it anywhere. */
async function start(timings: Partial<Timings> = {}): Promise<void> {
  watching = await openWatching({
    signIn: { kind: "secret", secret: SECRET },
    authenticate,
    allowedOrigins: ["https://page.example"],
    timings: { ...DEFAULT_TIMINGS, ...timings },
  });
  await write(watching, pending(VIDEO, 1));
}
async function restart(timings: Partial<Timings>): Promise<void> {
  await watching.close();
  await start(timings);
}
beforeEach(() => start());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await watching.close();
});

const open = async (options: Omit<SocketOptions, "base"> = {}): Promise<SocketClient> => {
  const client = await openSocket({ base: watching.base, ...options });
  clients.push(client);
  return client;
};
const tokenOf = (claims: object = {}): Promise<string> => signedToken({ tenant_id: 7, ...claims });
/** What is told of the video. */
const seen = async (client: SocketClient): Promise<string | undefined> => {
  client.say({ op: "watch", videos: ["42"] });
  await client.until("ready");
  return client.said[1];
};
const SEEN = "video:42 1.PENDING";
const metric = async (name: string): Promise<number> => {
  const headers = { authorization: `Bearer ${await signedToken({ role: "operator" })}` };
  const { body } = await watching.server.inject({ url: "/metrics", headers });
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(body)?.[1]);
};

describe("a socket is signed in", () => {
  it("by a subprotocol, of which the server says nothing", async () => {
    const bearer = bearerProtocol(await tokenOf()) ?? "";
    const client = await open({ protocols: [SUBPROTOCOL, bearer] });
    expect(client.ws.protocol).toBe(SUBPROTOCOL);
    expect(await seen(client)).toBe(SEEN);
    const alone = await open({ protocols: [bearer] }).catch((error: unknown) => error);
    expect(String(alone)).toContain("Server sent no subprotocol"); // a browser's client offers both
  });

  it("by a header, and by an application's cookie", async () => {
    const authorization = `Bearer ${await tokenOf()}`;
    expect(await seen(await open({ headers: { authorization } }))).toBe(SEEN);
    expect(await seen(await open({ headers: { ...SESSION, origin: watching.base } }))).toBe(SEEN);
  });

  it("by its first message, with a token of any characters", async () => {
    for (const token of [await tokenOf(), ODD_TOKEN]) {
      const client = await open();
      client.say({ op: "sign_in", token });
      expect(await seen(client)).toBe(SEEN);
    }
  });

  it("or closed: without a first message", async () => {
    await restart({ firstMessageMs: 400 });
    const silent = await open();
    expect(await silent.over()).toBe(4008);
    expect(await metric("statusplane_streams_unsigned_total")).toBe(1);
  });

  it("or closed: with a first message that says something else, with a token of nobody", async () => {
    const hasty = await open();
    hasty.say({ op: "watch", videos: ["42"] });
    expect(await hasty.over()).toBe(4001);
    for (const token of ["nobody's", await signedToken({ tenant_id: 7 }, "x".repeat(32))]) {
      const stranger = await open();
      stranger.say({ op: "sign_in", token });
      expect(await stranger.over()).toBe(4001);
      expect(stranger.said).toEqual([]);
    }
    const offered = await open({ protocols: [SUBPROTOCOL, "bearer.nobody"] });
    expect(await offered.over()).toBe(4001);
  });

  it("or closed for what its sign-in does not allow", async () => {
    for (const claims of [{ scope: "play manage" }, { tenant_id: undefined }]) {
      const client = await open();
      client.say({ op: "sign_in", token: await tokenOf(claims) });
      expect(await client.over(), JSON.stringify(claims)).toBe(4003);
    }
  });
});

describe("a socket's page", () => {
  it.each([
    [{}, true],
    [{ origin: "https://page.example" }, true],
    [{ ...SESSION, origin: "https://page.example" }, true],
    [{ origin: "https://other.example" }, false],
    [{ origin: "null" }, false],
    [{ ...SESSION, origin: "https://other.example" }, false],
    [SESSION, false],
    [{ "sec-fetch-site": "cross-site" }, false],
  ] as const)("is asked where it is from: %j", async (headers, isLetIn) => {
    const opened = open({ headers }).then(
      () => "opened",
      (error: unknown) => String(error),
    );
    expect(await opened).toBe(isLetIn ? "opened" : "Error: status 403");
  });

  it("learns by HTTP that this address speaks WebSocket alone", async () => {
    const answer = await watching.server.inject("/api/v1/ws/");
    expect([answer.statusCode, answer.headers["upgrade"], answer.json().code]).toEqual([
      426,
      "websocket",
      "upgrade_required",
    ]);
  });
});

describe("a socket's sign-in", () => {
  it("is renewed while it is open, and outlives the token before", async () => {
    const client = await open();
    const soon = Math.floor(Date.now() / 1_000) + 2;
    client.say({ op: "sign_in", token: await tokenOf({ exp: soon }) });
    expect(await seen(client)).toBe(SEEN);
    client.say({ op: "sign_in", token: await tokenOf() });
    await client.until("hello", 2);
    await eventually("the first token has ended", () => Date.now() > soon * 1_000 + 700);
    expect(client.isOver()).toBe(false);
    expect(client.said.some((said) => said.startsWith("bye"))).toBe(false);
  });

  it.each([{ tenant_id: 8 }, { sub: "bob" }])(
    "is not renewed by another reader's token: %j",
    async (claims) => {
      const client = await open();
      client.say({ op: "sign_in", token: await tokenOf() });
      expect(await seen(client)).toBe(SEEN);
      client.say({ op: "sign_in", token: await tokenOf(claims) });
      expect(await client.over()).toBe(4001);
    },
  );

  it("by a watch token sees its jobs alone, and goes on with a renewed one", async () => {
    const headers = { authorization: `Bearer ${await tokenOf()}` };
    const mint = async (videos: readonly string[]): Promise<string> => {
      const url = "/api/v1/watch-token/";
      const made = await watching.server.inject({ method: "POST", url, headers, payload: { videos } });
      return made.json<{ readonly watch_token: string }>().watch_token;
    };
    await write(watching, pending(jobRef("7", "video", "43"), 1));
    const client = await open();
    client.say({ op: "sign_in", token: await mint(["42"]) });
    client.say({ op: "watch", videos: ["42", "43"] });
    await client.until("ready");
    expect(client.said).toEqual(["hello", "video:42 1.PENDING", "missing video:43", "ready"]);
    expect(client.events[0]).toMatchObject({ event: "hello", reader: null });
    client.say({ op: "sign_in", token: await mint(["43"]) });
    await client.until("missing video:42");
    await client.until("video:43 1.PENDING");
  });
});

describe("a socket's client", () => {
  it("watches something else, and is told again what it had left", async () => {
    await write(watching, pending(jobRef("7", "job", "a"), 1));
    const client = await open();
    client.say({ op: "sign_in", token: await tokenOf() });
    expect(await seen(client)).toBe(SEEN);
    client.say({ op: "watch", videos: ["42"], jobs: ["a"] });
    await client.until("ready", 2);
    expect(client.said.slice(1)).toEqual(["video:42 1.PENDING", "ready", "job:a 1.PENDING", "ready"]);
    client.say({ op: "watch", jobs: ["a"] });
    client.say({ op: "watch", videos: ["42"] });
    await client.until("video:42 1.PENDING", 2);
    expect(client.said).not.toContain("end");
  });

  it("stays while it answers beats, and is closed when it does not, whatever else keeps it open", async () => {
    await restart({ beatMs: 300, quietMs: 3_000 });
    const [lively, quiet] = [await open(), await open({ beats: false })];
    for (const client of [lively, quiet]) {
      client.say({ op: "sign_in", token: await tokenOf() });
      expect(await seen(client)).toBe(SEEN);
    }
    const pinging = setInterval(() => quiet.ws.ping(), 100);
    expect(await quiet.over()).toBe(4008);
    clearInterval(pinging);
    expect(quiet.said.slice(-1)).toEqual(["bye quiet"]);
    await lively.until("beat", 5);
    expect(lively.isOver()).toBe(false);
  });
});
