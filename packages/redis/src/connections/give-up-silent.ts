import type { Redis, RedisOptions } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";

/** BullMQ blocks for up to 10 s; a connection that blocks no longer than this is soon known to be silent. */
const BLOCK_MAX_SECONDS = 0.5;
const LOOK_EVERY_MS = 150;
/** A connection on which nothing was said for so long is asked something, so that its silence is noticed before it matters. */
const SAY_SOMETHING_AFTER_MS = 1_000;
/** A command without an answer for so long (beside the time that it may block) makes its connection suspect. */
const SUSPECT_AFTER_MS = 250;
/** So long after another connection was answered the suspect may still be. */
const GRACE_MS = 200;
const PROBE_MS = 500;

/** As much of a new connection as it takes to ask whether its server answers: nothing is repeated, nothing waits. */
const PROBE: Partial<RedisOptions> = {
  lazyConnect: true,
  connectTimeout: PROBE_MS,
  commandTimeout: PROBE_MS,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
};

/** The oldest command without an answer, and since when it is known to be so. */
interface Waiting {
  readonly command: unknown;
  readonly sinceMs: number;
  readonly mayTakeMs: number;
}

/** Blocks no longer than a silence may last: whoever waits then asks again. */
export function blockShortly(connection: Redis): void {
  const block = connection.bzpopmin.bind(connection) as (key: string, seconds: number) => Promise<unknown>;
  Object.assign(connection, {
    bzpopmin: (key: string, seconds: number) => block(key, Math.min(seconds, BLOCK_MAX_SECONDS)),
  });
}

/**
 * Gives a connection up that a router or a firewall has forgotten: its commands have no answer while a new connection to
 * the same server is answered at once. TCP alone would notice after a quarter of an hour. A server that merely stalls
 * answers neither, and is waited for: what it was sent is still carried out.
 *
 * @param options.patienceMs how much longer the answer to a command that may have been carried out is waited for, ms.
 */
export function giveUpWhenSilent(connection: Redis, { patienceMs }: { readonly patienceMs: number }): void {
  const duplicate = connection.duplicate.bind(connection);
  let waiting: Waiting | null = null;
  let heardMs = 0;
  let isAsking = false;
  const look = async (): Promise<void> => {
    const nowMs = performance.now();
    waiting = oldestWaiting(connection, waiting, patienceMs);
    const suspect = waiting;
    if (suspect === null) {
      if (nowMs - heardMs >= SAY_SOMETHING_AFTER_MS) connection.ping().catch(() => undefined); // its silence is the answer
      return;
    }
    heardMs = suspect.sinceMs;
    if (isAsking || nowMs - suspect.sinceMs < suspect.mayTakeMs + SUSPECT_AFTER_MS) return;
    isAsking = true;
    if (await answersAnother(duplicate(PROBE))) {
      await sleep(GRACE_MS);
      const isStill = oldestWaiting(connection, suspect, patienceMs) === suspect;
      if (isStill) connection.stream.destroy(new Error("silent, while its server answers others"));
    }
    isAsking = false;
  };
  let timer: NodeJS.Timeout | undefined;
  connection.on("ready", () => {
    waiting = null;
    clearInterval(timer);
    timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  });
  connection.on("close", () => clearInterval(timer));
}

function oldestWaiting(connection: Redis, before: Waiting | null, patienceMs: number): Waiting | null {
  const command = connection.commandQueue.peekFront()?.command;
  if (command === undefined) return null;
  if (command === before?.command) return before;
  return { command, sinceMs: performance.now(), mayTakeMs: mayTakeMs(command, patienceMs) };
}

function mayTakeMs(
  { name, args }: { readonly name: string; readonly args: readonly unknown[] },
  patienceMs: number,
): number {
  if (name === "bzpopmin") return Number(args.at(-1)) * 1_000;
  return name === "ping" ? 0 : patienceMs;
}

async function answersAnother(probe: Redis): Promise<boolean> {
  probe.on("error", () => undefined); // it is what `connect` and `ping` reject with
  try {
    await probe.connect();
    await probe.ping();
    return true;
  } catch {
    return false; // not now: neither is heard
  } finally {
    probe.disconnect();
  }
}
