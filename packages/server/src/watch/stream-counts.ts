import { TRANSPORTS, type Ending, type Transport } from "./channel.ts";
import type { FramedSnapshot } from "./framed-snapshot.ts";

/** How a stream came about: its reader's first, beside one that is about to end, or after one that has ended. */
export const OPENINGS = ["first", "renewal", "reconnect"] as const;
export type Opening = (typeof OPENINGS)[number];

/** How streams are closed: by us, or by the reader. */
export const CLOSINGS = [
  "ended",
  "leaving",
  "age",
  "unauthenticated",
  "forbidden",
  "quiet",
  "slow",
  "notUnderstood",
  "tooMany",
  "unavailable",
  "gone",
] as const satisfies readonly (Ending | "gone" | "slow")[];
export type StreamClosing = (typeof CLOSINGS)[number];

/** Upper bounds of delivery latency, seconds. */
export const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15] as const;

/** Counts of streams: plain numbers, for a metrics library costs as much as a delivery. */
export class StreamCounts {
  readonly open: Record<Transport, number> = zeroes(TRANSPORTS);
  /** Requests that wait for a change. */
  waiting = 0;
  readonly opened: Readonly<Record<Transport, Record<Opening, number>>> = {
    sse: zeroes(OPENINGS),
    websocket: zeroes(OPENINGS),
  };
  readonly closed: Readonly<Record<Transport, Record<StreamClosing, number>>> = {
    sse: zeroes(CLOSINGS),
    websocket: zeroes(CLOSINGS),
  };
  readonly deliveries: Record<Transport, number> = zeroes(TRANSPORTS);
  /** Views written to connections. */
  readonly viewsTold: Record<Transport, number> = zeroes(TRANSPORTS);
  /** Texts that a later one replaced before their reader had room for them. */
  drops = 0;
  /** Sign-ins renewed on an open socket. */
  signInRenewals = 0;
  /** Sockets closed because nobody said who it is. */
  unsigned = 0;
  /** Refused for too many. */
  refused = 0;
  /** Deliveries by {@link LATENCY_SECONDS}, each alone; the last: slower than all. */
  readonly latencies: number[] = Array.from({ length: LATENCY_SECONDS.length + 1 }, () => 0);
  latencySumSeconds = 0;
  /** Of this turn: asked once for many deliveries. */
  nowMs = Date.now();

  /** A newer text takes the place of one that was not written yet. */
  superseded(): void {
    this.drops += 1;
  }

  /** A snapshot was written to a connection. */
  delivered(transport: Transport, framed: FramedSnapshot): void {
    this.deliveries[transport] += 1;
    const { writtenAtMs } = framed;
    if (!framed.isUpdate || writtenAtMs === null) return;
    const seconds = Math.max(0, this.nowMs - writtenAtMs) / 1_000; // clocks of two machines
    let bucket = 0;
    while (bucket < LATENCY_SECONDS.length && seconds > (LATENCY_SECONDS[bucket] ?? 0)) bucket += 1;
    this.latencies[bucket] = (this.latencies[bucket] ?? 0) + 1;
    this.latencySumSeconds += seconds;
  }
}

function zeroes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>; // each of the names
}
