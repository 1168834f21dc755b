/**
 * The connections, in a process of their own, forked by fanout.ts. They look for one thing in what comes, the time an
 * update was made, so that the machine is the server's.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { JOB_ID, type Arrivals, type ClientOrder, type Rival } from "./words.ts";

const [token = ""] = process.argv.slice(2);
const MADE_AT = Buffer.from('"updated_at":"');
const ISO_BYTES = 24;
const OPEN_AT_ONCE = 200;
const POLL_EVERY_MS = 1_000;
/** Of so many arrivals one is measured. */
const SAMPLE = 5;

const sockets = new Set<Socket>();
let updates = 0;
let latenciesMs: number[] = [];

const lines = (...all: readonly string[]): string => `${all.join("\r\n")}\r\n\r\n`;
const signedIn = `authorization: Bearer ${token}`;
const POLL = lines(`GET /api/v1/jobs/${JOB_ID}/progress/ HTTP/1.1`, "host: x", signedIn);

/** What a connection says first. */
const FIRST: Readonly<Record<Rival, () => string>> = {
  "bare-sse": () => lines("GET / HTTP/1.1", "host: x", signedIn),
  "our-sse": () => lines(`GET /api/v1/events/?jobs=${JOB_ID} HTTP/1.1`, "host: x", signedIn),
  "bare-socket": () => upgrade("/"),
  "our-socket": () => upgrade("/api/v1/ws/", `sec-websocket-protocol: statusplane.v1, bearer.${token}`),
  "our-poll": () => POLL,
};

function upgrade(path: string, ...more: readonly string[]): string {
  const key = `sec-websocket-key: ${randomBytes(16).toString("base64")}`;
  const head = ["host: x", "upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13", key];
  return lines(`GET ${path} HTTP/1.1`, ...head, ...more);
}

/** A client's text frame; the mask is all zeroes. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

const WATCH = frame(JSON.stringify({ op: "watch", jobs: [JOB_ID] }));
const BEAT = frame('{"op":"beat"}');

/** Resolves when the server has answered. */
function open(rival: Rival, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.on("connect", () => socket.write(FIRST[rival]()));
    let isFirst = true;
    socket.on("data", (bytes: Buffer) => {
      if (isFirst) {
        isFirst = false;
        if (rival === "our-socket") socket.write(WATCH);
        resolve();
      }
      if (rival === "our-socket" && bytes.includes('"event":"beat"')) socket.write(BEAT);
      const at = bytes.lastIndexOf(MADE_AT);
      if (at < 0) return;
      updates += 1;
      if (updates % SAMPLE === 0) latenciesMs.push(Date.now() - madeAtMs(bytes, at));
    });
    socket.once("close", () => {
      sockets.delete(socket);
      clearInterval(polling);
    });
    const polling = rival === "our-poll" ? startPolling(socket) : undefined;
  });
}

function startPolling(socket: Socket): NodeJS.Timeout {
  const polling = setInterval(() => socket.write(POLL), POLL_EVERY_MS);
  return polling;
}

function madeAtMs(bytes: Buffer, at: number): number {
  const from = at + MADE_AT.length;
  return Date.parse(bytes.toString("latin1", from, from + ISO_BYTES));
}

async function openAll({
  rival,
  port,
  connections,
}: ClientOrder & { readonly order: "open" }): Promise<void> {
  for (let n = 0; n < connections; n += OPEN_AT_ONCE) {
    const many = Math.min(OPEN_AT_ONCE, connections - n);
    await Promise.all(Array.from({ length: many }, () => open(rival, port)));
  }
}

async function carryOut(order: ClientOrder): Promise<void> {
  if (order.order === "open") await openAll(order);
  if (order.order === "close") for (const socket of sockets) socket.destroy();
  const arrivals: Arrivals = { updates, latenciesMs: latenciesMs.sort((a, b) => a - b) };
  process.send?.(order.order === "count" ? arrivals : "done");
  updates = 0;
  latenciesMs = [];
}

process.on("message", (order: ClientOrder) => void carryOut(order));
process.on("disconnect", () => process.exit(0));
