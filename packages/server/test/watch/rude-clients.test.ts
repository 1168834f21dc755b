import { DEFAULT_TIMINGS, jobRef, type Snapshot } from "@statusplane/core";
import { bearerProtocol, ROUTES, SUBPROTOCOL } from "@statusplane/core/wire";
import { eventually } from "@statusplane/test-support";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedToken } from "../fakes/index.ts";
import { openWatching, pending, running, write, type Watching } from "./open-watching.ts";
import { openSocket, openSse, type SocketClient, type StreamClient } from "./stream-clients.ts";

const VIDEO = jobRef("7", "video", "42");
const HANDSHAKE =
  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

let watching: Watching;
let token: string;
const sockets: Socket[] = [];
const clients: StreamClient[] = [];
beforeEach(async () => {
  watching = await openWatching({
    timings: { ...DEFAULT_TIMINGS, firstMessageMs: 600, slowMs: 500 },
  });
  token = await signedToken({ tenant_id: 7 });
  await write(watching, pending(VIDEO, 1));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await watching.close();
});

/** Somebody, from the first byte on: the time of strangers is short here, and a busy process would take him for one. */
async function openSignedIn(): Promise<SocketClient> {
  const protocols = [SUBPROTOCOL, bearerProtocol(token) ?? ""];
  const client = await openSocket({ base: watching.base, protocols });
  clients.push(client);
  await client.until("hello");
  return client;
}

/** A connection that writes what it is told, and reads nothing unless asked to. */
function dial(text: string): Socket {
  const socket = connect(watching.port, "127.0.0.1");
  socket.on("error", () => undefined);
  sockets.push(socket);
  socket.write(text);
  return socket;
}

const upgrade = (headers = ""): string =>
  `GET ${ROUTES.socket} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${HANDSHAKE}${headers}\r\n`;

/** A text frame of a client, masked with zeros. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
}

async function metric(name: string): Promise<number> {
  const headers = { authorization: `Bearer ${await signedToken({ role: "operator" })}` };
  const { body } = await watching.server.inject({ url: "/metrics", headers });
  const line = body.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1));
}

/** As large as snapshots are. */
const large = (version: number): Snapshot =>
  ({ ...running(VIDEO, 1, version), partialResult: "x".repeat(40_000) }) as Snapshot;

describe("a reader that does not read", () => {
  it.each([
    ["SSE", "sse", `GET ${ROUTES.events}?videos=42 HTTP/1.1\r\nHost: x\r\n`],
    ["WebSocket", "websocket", upgrade().slice(0, -2)],
  ])(
    "is given up by %s, gets the latest of what it missed until then, and holds up nobody",
    async (_name, transport, head) => {
      const polite = await openSse({ base: watching.base, token, ask: { videos: ["42"] } });
      clients.push(polite);
      const rude = dial(`${head}Authorization: Bearer ${token}\r\n\r\n`);
      rude.once("data", () => rude.pause());
      if (transport === "websocket") rude.write(frame('{"op":"watch","videos":["42"]}'));
      const open = `statusplane_streams{transport="${transport}"}`;
      await polite.until("ready");
      await eventually("both are open", async () => (await metric(open)) === (transport === "sse" ? 2 : 1));
      let version = 0;
      const closed = `statusplane_streams_closed_total{transport="${transport}",reason="slow"}`;
      await eventually("it is given up", async () => {
        for (let i = 0; i < 100; i += 1) {
          await write(watching, large((version += 1)));
          if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        return (await metric(closed)) === 1;
      });
      expect(await metric("statusplane_stream_drops_total")).toBeGreaterThan(0);
      await polite.until(`video:42 1.${version}`);
      expect(polite.isOver()).toBe(false);
    },
  );
});

describe("a socket's client that sends nonsense", () => {
  it.each([
    ["a megabyte", "x".repeat(1024 ** 2), 1009],
    ["bytes", Buffer.from('{"op":"beat"}'), 4009],
    ["no JSON", "{", 4009],
    ["another JSON", "[]", 4009],
    ["an unknown message", '{"op":"drop"}', 4009],
    [
      "101 jobs",
      JSON.stringify({ op: "watch", jobs: Array.from({ length: 101 }, (_, id) => `j${id}`) }),
      4009,
    ],
    ["no ids", '{"op":"watch","jobs":[1]}', 4009],
  ] as const)("is closed: %s", async (_what, message, code) => {
    const client = await openSignedIn();
    client.ws.send(message);
    expect(await client.over()).toBe(code);
  });

  it("is gone soon, whatever it leaves unfinished", async () => {
    const text = [0x81, 0x82, 0, 0, 0, 0];
    const unfinished = [
      [0x81],
      [0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0, 0x7b],
      [0x01, 0x81, 0, 0, 0, 0, 0x7b], // a piece without the next
      [0x81, 0x01, 0x7b], // no mask
      [...text, 0xff, 0xfe], // no UTF-8
      [],
    ];
    const gone = unfinished.map(async (bytes) => {
      const socket = dial(upgrade());
      let heard = "";
      socket.on("data", (data: Buffer) => (heard += data.toString("latin1")));
      await eventually("the handshake", () => heard.includes("101 Switching Protocols"));
      socket.write(Buffer.from(bytes));
      return eventually(`the end after ${bytes.join()}`, () => socket.destroyed);
    });
    expect(await Promise.all(gone)).toEqual(unfinished.map(() => true));
  });

  it("is refused as any broken request is where its handshake is none", async () => {
    for (const [head, status] of [
      [upgrade().replace(/Sec-WebSocket-Key.*\r\n/, ""), "400"],
      [upgrade().replace("-Version: 13", "-Version: 1"), "400"],
      [upgrade().replace("websocket", "h2c"), "426"],
      [upgrade("Sec-WebSocket-Protocol: a b,, c\r\n"), "400"],
    ] as const) {
      const socket = dial(head);
      let heard = "";
      socket.on("data", (data: Buffer) => (heard += data.toString("latin1")));
      await eventually("it is answered and closed", () => socket.destroyed);
      expect(heard.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    }
  });

  it.each([
    ["what it sends with it", (body: string) => `Content-Length: ${body.length}\r\n\r\n${body}`],
    [
      "what it sends in pieces",
      (body: string) =>
        `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])("is answered as ever where it offers HTTP/2 with each request: %s", async (_what, sent) => {
    const offer = `Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n`;
    const head = `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    const warned: unknown[] = [];
    const onWarning = (warning: Error) => warned.push(warning);
    process.on("warning", onWarning);
    const socket = dial(
      `GET ${ROUTES.batch}?videos=42 HTTP/1.1\r\n${offer}${head}\r\n`.repeat(20) +
        `POST ${ROUTES.events} HTTP/1.1\r\n${offer}${head}${sent('{"videos":["42"]}')}`,
    );
    let heard = "";
    socket.on("data", (data: Buffer) => (heard += data.toString("latin1")));
    await eventually("all are answered on one connection", () => heard.includes("event: ready"));
    expect(heard.match(/HTTP\/1.1 \d+/g)).toEqual(Array.from({ length: 21 }, () => "HTTP/1.1 200"));
    process.off("warning", onWarning);
    expect(warned).toEqual([]);
  });

  it("is no token of anybody, however it is written: a subprotocol that is none", async () => {
    await watching.close();
    watching = await openWatching();
    for (const odd of ["bearer.", "bearer.a%20b", `bearer.${"x".repeat(5_000)}`]) {
      const client = await openSocket({ base: watching.base, protocols: [SUBPROTOCOL, odd] });
      clients.push(client);
      client.say({ op: "sign_in", token });
      await client.until("hello");
      expect(client.ws.protocol).toBe(SUBPROTOCOL);
    }
  });
});

describe("a client that asks before it has read the answers", () => {
  it("leaves nothing behind when it goes while one stream waits for another on its connection", async () => {
    const ask = `GET ${ROUTES.events}?videos=42 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const rude = dial(ask + ask);
    const open = 'statusplane_streams{transport="sse"}';
    await eventually("both are open", async () => (await metric(open)) === 2);
    rude.destroy();
    await eventually("both are gone", async () => (await metric(open)) === 0);
  });

  it.each([
    ["jobs", () => ({ op: "watch", videos: ["42"] }), "ready"],
    ["itself", () => ({ op: "sign_in", token }), "hello"],
  ])("may ask as often as by HTTP: for %s", async (_what, message, answer) => {
    await watching.close();
    watching = await openWatching({ requestsPerMinute: 20 });
    const client = await openSignedIn();
    for (let asked = 0; asked < 100 && !client.isOver(); asked += 1) {
      const before = client.said.filter((each) => each === answer).length;
      client.say(message());
      await eventually(
        "an answer",
        () => client.isOver() || client.said.filter((each) => each === answer).length > before,
      );
    }
    expect(await client.over()).toBe(4029);
  });
});

describe("two hundred sockets of nobody", () => {
  it("are gone soon, are counted, and change nothing for a reader and a poll", async () => {
    const reader = await openSignedIn();
    reader.say({ op: "watch", videos: ["42"] });
    await reader.until("ready");
    const strangers = Array.from({ length: 200 }, () => dial(upgrade()));
    for (const stranger of strangers) stranger.resume();
    await write(watching, running(VIDEO, 1, 1));
    await reader.until("video:42 1.1");
    const headers = { authorization: `Bearer ${token}` };
    const poll = await fetch(`${watching.base}/media/videos/42/progress/`, { headers });
    expect(poll.status).toBe(200);
    await eventually("all are gone", () => strangers.every((stranger) => stranger.destroyed));
    expect(await metric("statusplane_streams_unsigned_total")).toBe(200);
    expect(reader.isOver()).toBe(false);
  });
});
