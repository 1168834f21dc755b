import { eventually, freePort, startRedis, withRedis, type RedisServer } from "@statusplane/test-support";
import { Redis } from "ioredis";
import { createConnection, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTcpProxy, type TcpProxy } from "../../drills/src/network/tcp-proxy.ts";

const HOST = "127.0.0.1";
let server: RedisServer;
let proxy: TcpProxy;
const clients: Redis[] = [];
const sockets: Socket[] = [];
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(async () => {
  proxy = await startTcpProxy({ targets: [{ host: HOST, port: server.port }] });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
});
afterAll(() => server.stop());

/** A client that neither connects again nor repeats anything. */
function connect(commandTimeout = 10_000): Redis {
  const client = new Redis(proxy.port, HOST, {
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout,
  });
  client.on("error", () => undefined); // the command in flight reports it
  clients.push(client);
  return client;
}

async function connected(commandTimeout?: number): Promise<Redis> {
  const client = connect(commandTimeout);
  await client.ping();
  return client;
}

/** A socket to the proxy, what came back on it, and whether it is closed. */
interface Line {
  readonly socket: Socket;
  readonly text: () => string;
  readonly isClosed: () => boolean;
}

function openLine(): Promise<Line> {
  return new Promise((resolve) => {
    const socket = createConnection(proxy.port, HOST);
    sockets.push(socket);
    const chunks: Buffer[] = [];
    let closed = false;
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined); // its close follows
    socket.once("close", () => {
      closed = true;
    });
    const line = { socket, text: () => Buffer.concat(chunks).toString(), isClosed: () => closed };
    socket.once("connect", () => resolve(line));
  });
}

const behind = <T>(work: (redis: Redis) => Promise<T>): Promise<T> => withRedis(server.url, work);

async function msOf(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

describe("a proxy that passes", () => {
  it("carries large values both ways whole, and counts its connections", async () => {
    const client = await connected();
    const value = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdef");
    await client.set("large", value);
    expect((await client.getBuffer("large"))?.equals(value)).toBe(true);
    expect(proxy.connections).toBe(1);
    expect(proxy.struck).toBe(0);
    await client.quit();
    await eventually("the connection is gone", () => proxy.connections === 0);
  });

  it("holds only little back for a receiver that does not read", async () => {
    await behind((redis) => redis.set("large", Buffer.alloc(32 * 1024 * 1024)));
    const { socket } = await openLine();
    socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    socket.write("GET large\r\n");
    await eventually("the server waits for the receiver", () =>
      behind(async (redis) => / omem=[1-9]\d{6,} /.test(String(await redis.call("CLIENT", "LIST")))),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it("ends every connection at its close, which may come twice", async () => {
    const client = await connected();
    const ended = new Promise((resolve) => client.once("end", resolve));
    await proxy.close();
    await proxy.close();
    await ended;
    await expect(connected()).rejects.toThrow(/closed/);
  });
});

describe("a proxy of several targets", () => {
  it("takes them in turn, passes over one that refuses, and can be given others", async () => {
    const second = await startRedis();
    try {
      const [a, b] = [server.port, second.port];
      const portBehind = async (): Promise<number> => {
        const info = await (await connected()).info("server");
        return Number(/^tcp_port:(\d+)/m.exec(info)?.[1]);
      };
      const targets = [a, await freePort(), b].map((port) => ({ host: HOST, port }));
      proxy.setTargets(targets);
      const ports = [await portBehind(), await portBehind(), await portBehind()];
      expect(new Set(ports)).toEqual(new Set([a, b]));
      await second.kill();
      expect([await portBehind(), await portBehind(), await portBehind()]).toEqual([a, a, a]);
      proxy.setTargets([{ host: HOST, port: b }]);
      await expect(connected()).rejects.toThrow(/closed/);
    } finally {
      await second.stop();
    }
  });
});

describe("a proxy that breaks connections", () => {
  it("refuses new ones and lets the others go on", async () => {
    const client = await connected();
    proxy.refuse();
    await expect(connected()).rejects.toThrow(/closed/);
    expect(await client.ping()).toBe("PONG");
    expect(proxy.struck).toBe(1);
    proxy.heal();
    expect(await (await connected()).ping()).toBe("PONG");
  });

  it("cuts all of them at once, once", async () => {
    const ended = [await connected(), await connected()].map(
      (client) => new Promise((resolve) => client.once("end", resolve)),
    );
    proxy.cut();
    await Promise.all(ended);
    expect(proxy.struck).toBe(2);
    expect(await (await connected()).ping()).toBe("PONG");
  });

  it("lets half of the next reply through and resets its connection", async () => {
    const [first, second] = [await openLine(), await openLine()];
    proxy.resetMidReply();
    first.socket.write("INCR halves\r\nECHO 0123456789\r\n");
    await eventually("the connection is reset", () => first.isClosed());
    const whole = ":1\r\n$10\r\n0123456789\r\n";
    expect(whole.startsWith(first.text())).toBe(true);
    expect(first.text().length).toBe(Math.floor(whole.length / 2));
    expect(await behind((redis) => redis.get("halves"))).toBe("1");
    second.socket.write("ECHO whole\r\n");
    await eventually("the next reply is whole", () => second.text() === "$5\r\nwhole\r\n");
    expect(second.isClosed()).toBe(false);
  });
});

describe("a proxy that keeps connections open", () => {
  it("as a black hole: nothing flows and nothing closes, and what was held flows on when it ends", async () => {
    const [there, leaving] = [await openLine(), await openLine()];
    leaving.socket.write("PING\r\n");
    await eventually("it is connected to the server", () => leaving.text() === "+PONG\r\n");
    const clientsBehind = async (): Promise<number> =>
      behind(
        async (redis) => String(await redis.call("CLIENT", "LIST", "TYPE", "NORMAL")).split("\n").length,
      );
    const before = await clientsBehind();
    proxy.blackHole();
    const late = await openLine();
    there.socket.write("INCR holes\r\n");
    late.socket.write("INCR holes\r\n");
    leaving.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([there.text(), late.text()]).toEqual(["", ""]);
    expect(await behind((redis) => redis.get("holes"))).toBeNull();
    expect([there.isClosed(), late.isClosed()]).toEqual([false, false]);
    expect(await clientsBehind()).toBe(before); // half-open: the server does not know that one left
    proxy.heal();
    await eventually(
      "both are answered",
      () => there.text() + late.text() === ":1\r\n:2\r\n" || there.text() + late.text() === ":2\r\n:1\r\n",
    );
    await eventually("the server hears who left", async () => (await clientsBehind()) === before);
  });

  it("having abandoned some: those hear nothing more, new ones pass, and the server forgets who gives up", async () => {
    const [forgotten, other] = [await openLine(), await openLine()];
    forgotten.socket.write("PING\r\n");
    other.socket.write("PING\r\n");
    await eventually("both are connected", () => forgotten.text() + other.text() === "+PONG\r\n+PONG\r\n");
    proxy.abandon();
    forgotten.socket.write("INCR abandoned\r\n");
    expect(await (await connected()).incr("abandoned")).toBe(1);
    expect(proxy.connections).toBe(1);
    const clientsBehind = async (): Promise<number> =>
      behind(
        async (redis) => String(await redis.call("CLIENT", "LIST", "TYPE", "NORMAL")).split("\n").length,
      );
    const before = await clientsBehind();
    proxy.cut();
    await eventually("the new one is cut", async () => (await clientsBehind()) === before - 1);
    expect([forgotten.text(), forgotten.isClosed()]).toEqual(["+PONG\r\n", false]);
    expect(await behind((redis) => redis.get("abandoned"))).toBe("1");
    other.socket.destroy();
    await eventually("the server forgets it", async () => (await clientsBehind()) === before - 2);
  });

  it("dropping replies: the command was executed although its client timed out", async () => {
    const client = await connected(200);
    proxy.dropReplies();
    await expect(client.incr("dropped")).rejects.toThrow(/timed out/);
    await eventually("it was executed", () => behind(async (redis) => (await redis.get("dropped")) === "1"));
    expect(client.status).toBe("ready");
    await eventually("the reply was swallowed", () => proxy.struck === 1);
  });

  it("dropping replies since a request: what was asked before it, and by others, is answered", async () => {
    const [marked, other] = [await openLine(), await openLine()];
    proxy.dropReplies("lost");
    marked.socket.write("ECHO before\r\n");
    await eventually("an answer before it", () => marked.text() === "$6\r\nbefore\r\n");
    marked.socket.write("INCR lost\r\n");
    await eventually("it was executed", () => behind(async (redis) => (await redis.get("lost")) === "1"));
    await eventually("its reply was swallowed", () => proxy.struck === 1);
    marked.socket.write("ECHO after\r\n");
    await eventually("nothing follows it", () => proxy.struck === 2);
    other.socket.write("ECHO other\r\n");
    await eventually("another's answer", () => other.text() === "$5\r\nother\r\n");
    expect(marked.text()).toBe("$6\r\nbefore\r\n");
  });

  it("never passes on replies that follow a swallowed one", async () => {
    const [torn, whole] = [await openLine(), await openLine()];
    proxy.dropReplies();
    torn.socket.write("ECHO first\r\n");
    await eventually("the reply was swallowed", () => proxy.struck === 1);
    proxy.heal();
    await eventually("its connection is reset", () => torn.isClosed());
    expect(torn.text()).toBe("");
    whole.socket.write("ECHO second\r\n");
    await eventually("the other goes on", () => whole.text() === "$6\r\nsecond\r\n");
  });

  it("delays each chunk both ways and keeps their order", async () => {
    const client = await connected();
    proxy.delay(100);
    const order: number[] = [];
    const pushes = [1, 2, 3, 4, 5].map(async (n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 10));
      order.push(await client.rpush("ordered", n));
    });
    expect(await msOf(client.ping())).toBeGreaterThan(195);
    expect(await msOf(Promise.all(pushes))).toBeLessThan(5_000); // together, not one delay after another
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(await behind((redis) => redis.lrange("ordered", 0, -1))).toEqual(["1", "2", "3", "4", "5"]);
    proxy.delay(60_000);
    const waiting = client.ping();
    proxy.heal();
    expect(await waiting).toBe("PONG");
  });

  it("slows each direction down to so many bytes a second", async () => {
    await behind((redis) => redis.set("slow", "x".repeat(10_000)));
    const client = await connected();
    proxy.slow(20_000);
    expect(await msOf(client.get("slow"))).toBeGreaterThan(400);
    const rest = client.get("slow");
    proxy.heal();
    expect(await rest).toBe("x".repeat(10_000));
  });
});
