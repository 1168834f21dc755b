import { isTerminal, type StatusFeed, type StoredSnapshot, type Subscription } from "@statusplane/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireIdentity } from "../auth/index.ts";
import { answerError } from "../errors/index.ts";
import { matchesEtag, type WaitForNews } from "../progress/index.ts";
import type { Place } from "./places.ts";
import { servedUntil } from "./stream.ts";
import type { Streams } from "./streams.ts";

/** Longer than this no request waits, seconds: what stands between cuts what is silent for 30. */
export const WAIT_MAX_SECONDS = 20;
/** The preference `wait` (RFC 7240, 4.3), among others. */
const WAIT = /(?:^|[,;\s])wait\s*=\s*"?(\d+)"?\s*(?:$|[,;])/i;

/**
 * Lets a poll wait: with `Prefer: wait=N` and an `If-None-Match` that names what is there, it is answered as soon as there is
 * something else, after N seconds with 304. What has ended, and everything while the process leaves, is answered at once.
 */
export function waitForNews(streams: Streams, feed: StatusFeed): WaitForNews {
  return (request, reply, { snapshot, answer }) => {
    const seconds = Number(WAIT.exec(String(request.headers.prefer ?? ""))?.[1] ?? 0);
    if (seconds === 0 || streams.isLeaving || isTerminal(snapshot.status)) return false;
    reply.header("preference-applied", "wait");
    if (!matchesEtag(request.headers["if-none-match"], snapshot.etag)) return false;
    new Wait({ request, reply, streams, answer, snapshot }).begin(
      feed,
      Math.min(seconds, WAIT_MAX_SECONDS) * 1_000,
    );
    return true;
  };
}

interface WaitParts {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly streams: Streams;
  readonly snapshot: StoredSnapshot;
  readonly answer: (snapshot: StoredSnapshot) => void;
}

/** One request that waits; it counts as a stream. */
class Wait {
  readonly #parts: WaitParts;
  #place: Place | null = null;
  #subscription: Promise<Subscription> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #stopListening: () => void = () => undefined;
  #isOver = false;

  constructor(parts: WaitParts) {
    this.#parts = parts;
  }

  begin(feed: StatusFeed, waitMs: number): void {
    const { request, reply, streams, snapshot } = this.#parts;
    const identity = requireIdentity(request);
    try {
      this.#place = streams.place(request.ip);
      this.#place.signIn(identity);
    } catch (error) {
      this.#place?.release();
      return void answerError(error, request, reply);
    }
    streams.counts.waiting += 1;
    this.#stopListening = streams.onLeaving(() => this.#end(snapshot));
    // What has begun with a sign-in does not outlive it.
    const leftMs = Math.max(0, servedUntil(identity) - Date.now());
    this.#timer = setTimeout(() => this.#end(snapshot), Math.min(waitMs, leftMs));
    reply.raw.once("close", () => this.#end(null));
    this.#subscription = feed.subscribe([snapshot.ref], (newest) => {
      if (!matchesEtag(request.headers["if-none-match"], newest.etag)) this.#end(newest);
    });
    this.#subscription.catch((error: unknown) => {
      if (this.#end(null)) answerError(error, request, reply);
    });
  }

  /** @param newest null: nobody is answered. @returns whether it was not over before. */
  #end(newest: StoredSnapshot | null): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#place?.release();
    this.#parts.streams.counts.waiting -= 1;
    void this.#subscription?.then(
      (subscription) => subscription.close(),
      () => undefined,
    );
    if (newest !== null) this.#parts.answer(newest);
    return true;
  }
}
