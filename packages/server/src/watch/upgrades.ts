import { ROUTES } from "@statusplane/core/wire";
import { ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A connection whose client asks to speak something else on it. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What has come after the request already. */
  readonly head: Buffer;
}

/** By its request, until a route takes it. */
const waiting = new WeakMap<IncomingMessage, Upgrade>();
const accepting = new WeakSet<Server>();
/** What answers on such a connection, where somebody has begun to. */
type Answered = Duplex & { readonly _httpMessage?: ServerResponse | null };

/**
 * Has a server pass requests for a WebSocket to its request handler, as it passes every other: whoever routes and signs in
 * does it for these, too, and a route that speaks WebSocket takes the connection over. Answers that are none end the
 * connection. Every other request that offers an upgrade is served as if it did not, body and all. Where the server has
 * other listeners of `upgrade`, they keep what is not ours. Called by the plugin for the server of its Fastify instance;
 * call it for a server of your own that a mounted instance only routes for. A second call does nothing.
 */
export function acceptUpgrades(server: Server): void {
  if (accepting.has(server)) return;
  accepting.add(server);
  server.prependListener("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upgrade = { socket, head };
    waiting.set(request, upgrade);
    socket.on("error", leaveToClose);
    process.nextTick(passOn, server, request, upgrade);
  });
}

/** Its close is all that matters. */
function leaveToClose(): void {}

/** After all listeners: one of them may have taken it, or have begun to answer. */
function passOn(server: Server, request: IncomingMessage, upgrade: Upgrade): void {
  const socket: Answered = upgrade.socket;
  const answer = socket._httpMessage ?? null;
  const isTaken = socket.listenerCount("data") > 0 || answer?.req === request;
  if (isTaken || socket.destroyed || socket.writableEnded) return;
  if (answer !== null) {
    // It was sent before an earlier request was answered.
    answer.once("finish", () => process.nextTick(passOn, server, request, upgrade));
    return;
  }
  if (!isOurs(request)) {
    // A listener of an application's may still be finding out who asks.
    if (server.listenerCount("upgrade") === 1) readAgain(server, request, upgrade);
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(asNetSocket(socket));
  response.once("finish", () => {
    response.detachSocket(asNetSocket(socket));
    socket.end();
  });
  server.emit("request", request, response);
}

/** Below whatever prefix. */
function isOurs({ method, url = "" }: IncomingMessage): boolean {
  const path = url.split("?")[0] ?? "";
  return method === "GET" && `${path.replace(/\/$/, "")}/`.endsWith(ROUTES.socket);
}

/**
 * Once somebody listens for upgrades, Node takes every request that offers one for the last of HTTP on its connection, and
 * reads no body: whole families of clients offer HTTP/2 with each request. A server may leave an offer alone, so the
 * connection starts anew with the same request without it.
 */
function readAgain(server: Server, request: IncomingMessage, { socket, head }: Upgrade): void {
  const { method = "GET", url = "/", httpVersion, rawHeaders } = request;
  let lines = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.toLowerCase() !== "upgrade") lines += `${name}: ${rawHeaders[at + 1] ?? ""}\r\n`;
  }
  waiting.delete(request);
  socket.off("error", leaveToClose);
  socket.unshift(Buffer.concat([Buffer.from(`${lines}\r\n`, "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}

/** Answers are written on whatever connection a server hands out; their types name one kind. */
function asNetSocket(socket: Duplex): Socket {
  return socket as Socket;
}

/** The connection of a request that asks for an upgrade, taken over from whoever would answer on it; null: it does not ask. */
export function takeUpgrade(request: IncomingMessage, response: ServerResponse): Upgrade | null {
  const upgrade = waiting.get(request);
  if (upgrade === undefined) return null;
  waiting.delete(request);
  response.detachSocket(asNetSocket(upgrade.socket));
  return upgrade;
}
