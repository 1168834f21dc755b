import { StatusplaneError } from "@statusplane/core";
import { CLOSE_CODES, readMessage, tokenOfProtocols, type ReadMessage } from "@statusplane/core/wire";
import type { FastifyRequest } from "fastify";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { bearerToken, mayDo, type Identity, type Origins, type SignIns } from "../auth/index.ts";
import { coerceError } from "../errors/index.ts";
import { allowed, type NamedAsk } from "../progress/index.ts";
import type { Ending } from "./channel.ts";
import type { Place } from "./places.ts";
import { SocketChannel } from "./socket-channel.ts";
import type { Stream } from "./stream.ts";
import type { Streams } from "./streams.ts";

export interface SocketSessionOptions {
  readonly streams: Streams;
  readonly signIns: SignIns;
  readonly origins: Origins;
}

/** A connection that has become a WebSocket, and what asked for it. */
interface Upgraded {
  readonly ws: WebSocket;
  /** What `ws` stands on. */
  readonly socket: Duplex;
  readonly request: FastifyRequest;
}

/** Messages that wait for one before them, at most. */
const MESSAGES_MAX = 16;

/**
 * What one WebSocket's client says, one message after another.
 *
 * ```
 *   opened ── subprotocol, header, cookie ──▶ signed in ── watch, beat, sign_in (renewal) ──▶ …
 *      └───── first message: sign_in ───────────▲ │
 *             within firstMessageMs               └── another reader's token, nonsense ──▶ closed
 * ```
 */
export class SocketSession {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #options: SocketSessionOptions;
  /** What asked for the upgrade: as much of it as is needed as long as the socket lives. */
  readonly #asker: Pick<FastifyRequest, "ip" | "id" | "log">;
  /** All of it, where an application's own sign-in is asked at each renewal. */
  #request: FastifyRequest | null;
  #stopWaiting = nothing;
  #place: Place | null = null;
  #stream: Stream | null = null;
  #asked: NamedAsk | null = null;
  #firstMessage: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor({ ws, socket, request }: Upgraded, options: SocketSessionOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#options = options;
    this.#request = request;
    this.#asker = { ip: request.ip, id: request.id, log: request.log };
  }

  /** Lets in whom the request itself signs in, and waits for the others' first message. */
  begin(request: FastifyRequest): void {
    this.#listen();
    if (this.#options.streams.isLeaving) return this.#end("leaving");
    try {
      this.#place = this.#options.streams.place(request.ip);
    } catch {
      return this.#end("tooMany");
    }
    this.#stopWaiting = this.#options.streams.onLeaving(() => this.#end("leaving"));
    this.#inTurn(() => this.#signInBy(request));
  }

  /** There is room again. */
  onDrain(): void {
    if (this.#stream !== null) this.#options.streams.drained(this.#stream);
  }

  /** Apart from what knows the request: listeners keep what is in their scope as long as they live. */
  #listen(): void {
    this.#ws.on("error", nothing); // ws closes what breaks its rules, with the code for it
    this.#ws.on("close", () => this.#gone()); // once: a listener that knows that would be three objects more
    this.#ws.on("message", (data, isBinary) => this.#hear(data as Buffer, isBinary)); // binaryType "nodebuffer"
  }

  async #signInBy(request: FastifyRequest): Promise<void> {
    const { authorization, "sec-websocket-protocol": offered = "" } = request.headers;
    const token = bearerToken(authorization) ?? tokenOfProtocols(offered.split(/[ ,]+/));
    const identity = await this.#identify(token);
    if (identity !== null) return this.#signIn(identity);
    const { firstMessageMs } = this.#options.streams.settings.timings;
    this.#firstMessage = setTimeout(() => this.#end("quiet"), firstMessageMs);
  }

  #hear(data: Buffer, isBinary: boolean): void {
    const message = isBinary ? null : readMessage(data.toString("utf8"));
    if (message === null || this.#pending >= MESSAGES_MAX) return this.#end("notUnderstood");
    if (message.op === "beat") return this.#stream?.heard();
    this.#inTurn(() => this.#obey(message));
  }

  async #obey(message: Exclude<ReadMessage, { readonly op: "beat" }>): Promise<void> {
    const stream = this.#stream;
    stream?.heard();
    if (message.op === "sign_in") {
      const identity = await this.#identify(message.token);
      if (identity === null) return this.#end("unauthenticated");
      return stream === null ? this.#signIn(identity) : this.#renew(stream, identity);
    }
    if (stream === null) return this.#end("unauthenticated");
    if (!isWithinBudget(stream.identity)) return this.#end("tooMany");
    if (stream.identity.kind === "watcher") this.#asked = message; // another token may name others
    await stream.viewer.watch(allowed(message, stream.identity));
  }

  /**
   * Who it is; null: without a token, nobody yet. An application's own sign-in finds the token where it finds every other.
   * @throws {unauthenticated} for a token of nobody.
   */
  async #identify(token: string | null): Promise<Identity | null> {
    const request = this.#request;
    const { tokens, own } = this.#options.signIns;
    const known = token === null ? null : tokens.known(token);
    if (known !== null) return known;
    const isOwn = own !== null && (token === null || !tokens.isOurs(token));
    if (token === null && !isOwn) return null;
    const refusals = tokens.limits.ofAddress(this.#asker);
    try {
      if (!isOwn || request === null) return await tokens.verify(token ?? "");
      if (token !== null) request.raw.headers.authorization = `Bearer ${token}`;
      const identity = await own.identify(request);
      if (identity !== null || token === null) return identity;
      throw new StatusplaneError("unauthenticated");
    } catch (error) {
      if (coerceError(error).definition.http === 401) refusals.take();
      throw error;
    } finally {
      delete request?.raw.headers.authorization; // it lives as long as the socket, the token need not
    }
  }

  /** @throws {too_many_streams} */
  async #signIn(identity: Identity): Promise<void> {
    const { streams } = this.#options;
    const place = this.#place;
    if (place === null || this.#ws.readyState !== this.#ws.OPEN) return;
    if (!mayDo(identity, "watch") || identity.tenant === null) return this.#end("forbidden");
    if (!isWithinBudget(identity)) return this.#end("tooMany");
    place.signIn(identity);
    this.#stopWaitingForSignIn();
    const channel = new SocketChannel(this.#ws, this.#socket, this);
    this.#stream = streams.open({ channel, viewer: streams.viewer(), identity, place });
  }

  /** A renewed token of the same reader; what a watch token does not name any more is told as missing. */
  async #renew(stream: Stream, identity: Identity): Promise<void> {
    if (!isSameReader(stream.identity, identity)) return this.#end("unauthenticated");
    if (!mayDo(identity, "watch")) return this.#end("forbidden");
    if (!isWithinBudget(identity)) return this.#end("tooMany");
    stream.renew(identity);
    this.#options.streams.counts.signInRenewals += 1;
    if (this.#asked !== null && identity.kind === "watcher") {
      await stream.viewer.watch(allowed(this.#asked, identity));
    }
  }

  #inTurn(act: () => Promise<void>): void {
    this.#pending += 1;
    this.#turn = this.#turn
      .then(() => (this.#ws.readyState === this.#ws.OPEN ? act() : undefined))
      .catch((error: unknown) => this.#refuse(coerceError(error)))
      .finally(() => (this.#pending -= 1));
  }

  #refuse(error: StatusplaneError): void {
    const { log, id } = this.#asker;
    if (error.code === "internal_error") {
      log.error({ err: error.cause ?? error, request: id }, error.message);
    }
    this.#end(ENDINGS[error.code] ?? STATUS_ENDINGS[error.definition.http] ?? "unavailable");
  }

  #end(ending: Ending): void {
    if (this.#stream !== null) return this.#stream.end(ending);
    if (ending === "quiet") this.#options.streams.counts.unsigned += 1;
    this.#ws.close(CLOSE_CODES[ending]);
  }

  /** A socket that nobody knows yet needs all of its request; of most others it is only memory. */
  #stopWaitingForSignIn(): void {
    clearTimeout(this.#firstMessage);
    this.#stopWaiting();
    this.#stopWaiting = nothing; // it was made where the request is known, and would keep it
    if (this.#options.signIns.own === null) this.#request = null;
  }

  #gone(): void {
    this.#stopWaitingForSignIn();
    if (this.#stream === null) this.#place?.release();
    else this.#options.streams.gone(this.#stream);
  }
}

/** One for all. */
const nothing = (): void => undefined;

const ENDINGS: Readonly<Record<string, Ending>> = {
  invalid_request: "notUnderstood",
  too_many_refs: "notUnderstood",
};
const STATUS_ENDINGS: Readonly<Record<number, Ending>> = {
  401: "unauthenticated",
  400: "forbidden",
  403: "forbidden",
  404: "forbidden",
  429: "tooMany",
};

/** Spends one request: each message that asks for something is one. */
function isWithinBudget({ budget, tenantBudget }: Identity): boolean {
  return budget.take() && tenantBudget?.take() !== false;
}

/** A socket is one reader's for as long as it lives. */
function isSameReader(before: Identity, now: Identity): boolean {
  if (before.tenant !== now.tenant || before.kind !== now.kind) return false;
  return before.kind === "watcher" || (now.kind === "person" && before.subject === now.subject);
}
