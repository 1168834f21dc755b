/**
 * One server under test, in a process of its own, forked by fanout.ts: ours over Redis, or a bare one that frames each
 * update once and writes the bytes to everybody.
 */
import { createServer as statusplaneServer } from "@statusplane/server";
import { openRedisStatusStore } from "@statusplane/redis";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { Rival, ServerOrder, Usage } from "./words.ts";

const [rival = "our-sse", redisUrl = "", secret = ""] = process.argv.slice(2);

interface Served {
  readonly server: Server;
  /** Pushes a text to everybody; ours hears of it from Redis. */
  readonly push: (text: string) => void;
}

async function ours(): Promise<Served> {
  const unlimited = 1_000_000_000;
  const fastify = await statusplaneServer({
    store: await openRedisStatusStore({ url: redisUrl }),
    signIn: { kind: "secret", secret },
    ...{ requestsPerMinute: unlimited, tenantRequestsPerMinute: unlimited },
    ...{ streamsPerToken: unlimited, streamsPerTenant: unlimited, streamsPerAddress: unlimited },
    log: { level: "warn" },
  });
  return { server: fastify.server, push: () => undefined };
}

function bareSse(): Served {
  const open = new Set<ServerResponse>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.write(":\n\n");
    open.add(response);
    response.once("close", () => open.delete(response));
  });
  return {
    server,
    push(text) {
      const bytes = Buffer.from(`event: snapshot\ndata: ${text}\n\n`);
      for (const response of open) response.write(bytes);
    },
  };
}

function bareSocket(): Served {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  return {
    server,
    push(text) {
      const bytes = Buffer.from(text); // encoded once; ws puts its frame's head before it for each
      for (const socket of sockets.clients) socket.send(bytes, { binary: false });
    },
  };
}

async function served(name: Rival): Promise<Served> {
  if (name === "bare-sse") return bareSse();
  return name === "bare-socket" ? bareSocket() : ours();
}

const { server, push } = await served(rival as Rival);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 8_192, resolve));

process.on("message", (order: ServerOrder) => {
  if (order.order === "push") return push(order.text);
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() };
  process.send?.(usage);
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: (server.address() as AddressInfo).port });
