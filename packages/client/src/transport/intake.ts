import { readBody } from "../reading.ts";
import type { Sender } from "../sender.ts";
import { ASK_SPREAD_MS } from "../watch-state.ts";
import type { Occurrence, WatchTable } from "../watch-table.ts";
import type { Delivery } from "./delivery.ts";

/** A page that is told more often than this renders for nothing. */
const GATHER_MS = 50;

/**
 * Makes the state machine's events of what transports tell. What is polled is applied at once; of what is pushed the
 * first at once, and what follows within 50 ms together, so that two hundred bars are one change.
 */
export class Intake {
  readonly #table: WatchTable;
  readonly #sender: Sender;
  readonly #onList: (delivery: Delivery) => void;
  #gathered: Occurrence[] = [];
  #cancelTimer: (() => void) | null = null;
  #lastAppliedMs = Number.NEGATIVE_INFINITY;

  constructor(table: WatchTable, sender: Sender, onList: (delivery: Delivery) => void) {
    this.#table = table;
    this.#sender = sender;
    this.#onList = onList;
  }

  take(delivery: Delivery): void {
    this.#gathered.push(...this.#occurrencesOf(delivery));
    this.#apply();
    if (delivery.list !== undefined) this.#onList(delivery);
  }

  /** As {@link take}, of what is pushed. */
  gather(delivery: Delivery): void {
    const { environment } = this.#sender;
    const waitMs = this.#lastAppliedMs + GATHER_MS - environment.now();
    if (delivery.list !== undefined || waitMs <= 0) return this.take(delivery);
    this.#gathered.push(...this.#occurrencesOf(delivery));
    this.#cancelTimer ??= environment.setTimer(() => this.#apply(), waitMs);
  }

  close(): void {
    this.#cancelTimer?.();
    this.#gathered = [];
  }

  #apply(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#lastAppliedMs = this.#sender.environment.now();
    const occurrences = this.#gathered;
    this.#gathered = [];
    if (occurrences.length > 0) this.#table.apply(occurrences);
  }

  #occurrencesOf({ snapshots = [], missing = [], unchanged = [], serverNowMs }: Delivery): Occurrence[] {
    const { environment, language } = this.#sender;
    const atMs = environment.now();
    return [
      ...snapshots.map(([ref, body]): Occurrence => {
        const reading = readBody(ref, body, language);
        return [ref, { type: "answer", reading, serverNowMs, atMs }];
      }),
      ...missing.map((ref): Occurrence => {
        return [ref, { type: "missing", atMs, spreadMs: ASK_SPREAD_MS * environment.random() }];
      }),
      ...unchanged.map((ref): Occurrence => [ref, { type: "unchanged", serverNowMs, atMs }]),
    ];
  }
}
