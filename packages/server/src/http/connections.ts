import {
  ServerResponse,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type Server,
} from "node:http";
import type { Socket } from "node:net";
import { setImmediate as eventsOfThisTurn, setTimeout as sleep } from "node:timers/promises";
import { BodyArrivals, isArriving } from "./body-arrivals.ts";
import { endAfterAnswer, endGently } from "./end-gently.ts";
import type { HttpLimits } from "./http-limits.ts";

interface Connection {
  readonly openedMs: number;
  /** What is being answered; null between requests. */
  answer: ServerResponse | null;
  /** What had come when the last answer ended: more says that a request has begun. */
  bytesAtRest: number;
  /** It has been said that it ends; its peer's bytes are read away. */
  isEnding: boolean;
  /** What had gone either way when that was last more than before, and since when it has been so much, monotonic ms. */
  movedBytes: number;
  movedMs: number;
  /** Since when something has been waiting for its peer to read it. */
  reader: { readonly sinceMs: number; readonly tookBytes: number } | null;
}

export interface LeaveOptions {
  /** When the server began to end connections with each answer, monotonic ms. */
  readonly sinceMs: number;
  /** A connection that was told nothing is closed when it was idle for so long, ms. */
  readonly idleMs: number;
  /** Give up waiting so long after `sinceMs`, ms. */
  readonly withinMs: number;
}

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

const LOOK_EVERY_MS = 25;

/**
 * The connections of one server, and what ends them:
 *
 * ```
 *  opened ──head──▶ answering ──answer──▶ idle ──head──▶ …
 *    │ headMs           │ silenceMs,        │ keepAliveMs, leaving
 *    │                  │ a reader too slow │
 *    │                  └─ answer before the body's end, or while leaving ─▶ ending ──read away──▶ closed
 *    └────────────────────────────────────────────────────────────────────────────────────────────▶ closed
 * ```
 *
 * Node itself ends what has no head in time, or is idle; the rest is looked at every `checkEveryMs`. A timer of Node's for
 * silence would be set anew with each request, answer and byte: here a connection has one only while its reader is behind.
 */
export class Connections {
  /** For `http.createServer`: answers that are known here from their first byte to their last. */
  readonly ServerResponse: typeof ServerResponse<IncomingMessage>;
  readonly limits: HttpLimits;
  readonly bodies: BodyArrivals;
  readonly #open = new Map<Socket, Connection>();

  constructor(limits: HttpLimits) {
    this.limits = limits;
    this.bodies = new BodyArrivals(limits);
    this.ServerResponse = answersOf(this);
  }

  /** @returns how to stop. */
  watch(server: Server): () => void {
    server.maxConnections = this.limits.maxConnections;
    server.on("connection", (socket: Socket) => {
      if (this.#open.has(socket)) return; // it begins anew, after a request that offered an upgrade
      const openedMs = Math.round(performance.now());
      this.#open.set(socket, {
        openedMs,
        answer: null,
        bytesAtRest: 0,
        isEnding: false,
        movedBytes: 0,
        movedMs: openedMs,
        reader: null,
      });
      socket.on("close", () => this.#forget(socket));
    });
    const timer = setInterval(() => this.#check(), this.limits.checkEveryMs);
    return () => clearInterval(timer);
  }

  /** The answer under way on a connection. */
  answerOn(socket: Socket): ServerResponse | null {
    return this.#open.get(socket)?.answer ?? null;
  }

  /** Whether a connection was told that it ends. */
  isEnding(socket: Socket): boolean {
    return this.#open.get(socket)?.isEnding === true;
  }

  /** Ends a connection, with what its peer is still sending read away. */
  end(socket: Socket, request: IncomingMessage | null): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isEnding = true;
    endGently(socket, request, this.limits);
  }

  begun(socket: Socket, answer: ServerResponse): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.answer = answer;
    if (isArriving(answer.req)) this.bodies.begin(answer.req);
  }

  ended(socket: Socket, answer: ServerResponse): void {
    this.bodies.forget(answer.req);
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.answer = null;
    connection.bytesAtRest = socket.bytesRead;
  }

  /**
   * Closes every connection that was idle for long enough, and waits for those that answers end: closing meets no request.
   * After `withinMs` what is left is left to the caller.
   */
  async leave({ sinceMs, idleMs, withinMs }: LeaveOptions): Promise<void> {
    while (performance.now() - sinceMs < withinMs) {
      // Timers come before what has arrived: a request may have lain there while this process was busy.
      await eventsOfThisTurn();
      await eventsOfThisTurn();
      const idleSinceMs = performance.now() - idleMs;
      const waitedFor = [...this.#open].filter(([socket, connection]) => {
        if (connection.isEnding) return false;
        const hasBegun = connection.answer !== null || connection.bytesAtRest !== socket.bytesRead;
        if (hasBegun || Math.max(sinceMs, connection.openedMs) > idleSinceMs) return true;
        socket.destroySoon();
        return false;
      });
      if (waitedFor.length === 0 && sinceMs <= idleSinceMs) return;
      await sleep(LOOK_EVERY_MS);
    }
  }

  #check(): void {
    this.bodies.check();
    const nowMs = Math.round(performance.now());
    for (const [socket, connection] of this.#open) {
      if (socket.writableLength > 0) this.#judgeReader(socket, connection, nowMs);
      else if (connection.answer !== null) this.#judgeSilence(socket, connection, nowMs);
      else connection.reader = null;
    }
  }

  /** A request is under way, and nothing waits to be read. */
  #judgeSilence(socket: Socket, connection: Connection, nowMs: number): void {
    if (connection.reader !== null) {
      connection.reader = null;
      socket.setTimeout(0);
    }
    const bytes = socket.bytesRead + socket.bytesWritten;
    if (bytes !== connection.movedBytes) {
      connection.movedBytes = bytes;
      connection.movedMs = nowMs;
    } else if (nowMs - connection.movedMs >= this.limits.silenceMs) socket.destroy();
  }

  /**
   * A write shows no progress before its end: it has the time that it takes at the slowest pace on top. Only Node sees
   * whether anything of it goes at all, and ends what is silent.
   */
  #judgeReader(socket: Socket, connection: Connection, nowMs: number): void {
    const { paceOverMs, slowestBytesPerSecond, silenceMs } = this.limits;
    const tookBytes = socket.bytesWritten - socket.writableLength;
    if (connection.reader === null) {
      connection.reader = { sinceMs: nowMs, tookBytes };
      if (connection.answer !== null) socket.setTimeout(silenceMs); // what is no HTTP any more has its own rules
    }
    const seconds = (nowMs - connection.reader.sinceMs) / 1_000;
    if (seconds < paceOverMs / 1_000 + socket.writableLength / slowestBytesPerSecond) return;
    if (tookBytes - connection.reader.tookBytes < slowestBytesPerSecond * seconds) socket.destroy();
    else connection.reader = { sinceMs: nowMs, tookBytes };
  }

  #forget(socket: Socket): void {
    const request = this.#open.get(socket)?.answer?.req;
    if (request !== undefined) this.bodies.forget(request);
    this.#open.delete(socket);
  }
}

/**
 * Answers of one server. One that is given before its request's body has ended says `Connection: close`, for the next
 * request on that connection would wait behind the rest; whichever route gives it, and whether it is an error or not.
 */
function answersOf(connections: Connections): typeof ServerResponse<IncomingMessage> {
  return class extends ServerResponse {
    override assignSocket(socket: Socket): void {
      super.assignSocket(socket);
      connections.begun(socket, this);
    }

    override detachSocket(socket: Socket): void {
      connections.ended(socket, this);
      super.detachSocket(socket);
    }

    override writeHead(status: number, reason?: string | Head, head?: Head): this {
      if (isArriving(this.req)) {
        this.shouldKeepAlive = false;
        const { socket } = this.req;
        endAfterAnswer(socket, () => connections.end(socket, this.req));
      }
      return typeof reason === "string"
        ? super.writeHead(status, reason, head)
        : super.writeHead(status, reason);
    }
  };
}
