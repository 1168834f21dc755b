import { MAX_REFS } from "@statusplane/core/wire";
import type { ActiveJobs } from "../active-jobs.ts";
import { callSafely } from "../call-safely.ts";
import type { ClientError } from "../client-error.ts";
import type { Sender } from "../sender.ts";
import type { ConnectionStatus, Transport } from "../statusplane-client.ts";
import type { WatchState } from "../watch-state.ts";
import type { WatchTable } from "../watch-table.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";
import type { ClientTimings } from "./client-timings.ts";
import { NOTHING_WANTED, type Delivery, type Wanted } from "./delivery.ts";
import { Intake } from "./intake.ts";
import { Poller, type Cover } from "./poller.ts";
import { NO_PUSH, type MakePush, type PushPort } from "./push-port.ts";

/** An outage at page load spreads its asks over this long. */
const OUTAGE_SPREAD_MS = 5_000;

/** What a {@link Delivering} works with. */
export interface DeliveringParts {
  readonly table: WatchTable;
  readonly sender: Sender;
  readonly active: ActiveJobs;
  readonly timings: ClientTimings;
  readonly transport: Transport;
  readonly makePush: MakePush | null;
  readonly whileHidden: () => boolean;
  readonly onList: (delivery: Delivery) => void;
  readonly onError: (error: ClientError) => void;
}

/**
 * Brings news to the table by whatever works, and says by what. A push tells what it covers, the poll asks for the
 * rest; both rest while nobody looks.
 */
export class Delivering implements Cover {
  readonly #parts: DeliveringParts;
  readonly #intake: Intake;
  readonly #poller: Poller;
  readonly #push: PushPort;
  readonly #endWake: () => void;
  readonly #endHidden: () => void;
  #status: ConnectionStatus = "connecting";
  #polled: "nothing" | "answered" | "failed" = "nothing";
  #isResting = false;
  #cancelRest: (() => void) | null = null;

  constructor(parts: DeliveringParts) {
    const { table, sender, timings, transport, makePush } = parts;
    const { environment } = sender;
    this.#parts = parts;
    this.#intake = new Intake(table, sender, (delivery) => parts.onList(delivery));
    this.#poller = new Poller({
      ...{ table, sender, timings },
      cover: this,
      onDelivery: (delivery) => this.#takePolled(delivery),
      onFailure: (error, asked, isFirst) => this.#failed(error, asked, isFirst),
    });
    this.#push =
      makePush === null || transport === "poll"
        ? NO_PUSH
        : makePush({
            ...{ sender, timings, transport },
            onDelivery: (delivery) => this.#intake.gather(this.#withListed(delivery)),
            onCover: () => this.#covered(),
          });
    this.#endWake = environment.onWake(() => this.#wake());
    this.#endHidden = environment.onHidden?.(() => this.#look()) ?? (() => {});
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  covers(ref: WatchRef): boolean {
    return this.#push.covers(watchKey(ref));
  }

  guests(): readonly WatchRef[] {
    return this.#push.guests();
  }

  get isRelayed(): boolean {
    return this.#push.isRelayed;
  }

  get list(): "unwanted" | "wanted" | "covered" {
    if (!this.#parts.active.isWanted) return "unwanted";
    return this.#push.coversList ? "covered" : "wanted";
  }

  lists(ref: WatchRef): boolean {
    return this.#parts.active.lists(ref);
  }

  get listIntervalMs(): number {
    return this.#parts.active.intervalMs;
  }

  take(delivery: Delivery): void {
    this.#intake.take(delivery);
  }

  /** Somebody watches: `isNew`, if nothing is known that could be shown. */
  watched(isNew: boolean): void {
    if (isNew || this.#poller.isIdle) this.#poller.poke("watch");
  }

  /** A person has changed something. */
  poke(): void {
    this.#poller.poke("person");
  }

  /** After every change of the table or of what is wanted. */
  settle(): void {
    if (this.#status === "closed") return;
    this.#push.want(this.#isResting ? NOTHING_WANTED : this.#wanted());
    this.#poller.settle();
    this.#look();
  }

  close(): void {
    this.#endWake();
    this.#endHidden();
    this.#cancelRest?.();
    this.#push.close();
    this.#poller.close();
    this.#intake.close();
    this.#status = "closed";
  }

  /** What the list does not tell by itself, as much of it as one connection tells. */
  #wanted(): Wanted {
    const { table, active } = this.#parts;
    const polled = table.polled().map(({ job }) => job.ref);
    const refs = polled.filter((ref) => !(active.isWanted && active.lists(ref))).slice(0, MAX_REFS);
    return { refs, active: active.isWanted };
  }

  /** A stream that lives says it of what the list tells, too. */
  #withListed(delivery: Delivery): Delivery {
    const { unchanged } = delivery;
    return unchanged === undefined
      ? delivery
      : { ...delivery, unchanged: [...unchanged, ...this.#parts.active.live] };
  }

  #takePolled(delivery: Delivery): void {
    this.#polled = "answered";
    this.#intake.take(delivery);
    this.#push.share(delivery);
    this.#noteStatus();
  }

  #failed(error: ClientError, asked: readonly WatchState[], isFirst: boolean): void {
    const { table, sender, active, onError } = this.#parts;
    const { environment } = sender;
    const atMs = environment.now();
    this.#polled = "failed";
    // What a stream tells is not lost because a poll of it was.
    const lost = asked.filter(({ job }) => !this.covers(job.ref)).map(({ job }) => job.ref);
    const listed = this.list === "wanted" ? active.live : [];
    const outage = error.status === 503;
    table.apply(
      [...lost, ...listed].map((ref) => {
        const outageSpreadMs = outage ? OUTAGE_SPREAD_MS * environment.random() : null;
        return [ref, { type: "lost", atMs, outageSpreadMs }];
      }),
    );
    if (this.list === "wanted") active.fail(error);
    if (isFirst) callSafely(() => onError(error));
    this.#noteStatus();
  }

  #covered(): void {
    if (this.#push.isLive) this.#polled = "nothing"; // of what comes after
    this.settle();
    this.#noteStatus();
  }

  #wake(): void {
    this.#look();
    this.#push.wake();
    this.#poller.poke("wake");
    this.#noteStatus();
  }

  /** Rests a moment after nobody looks any more and nobody wants to be told, and no longer than that. */
  #look(): void {
    const { sender, timings, active, whileHidden } = this.#parts;
    const { environment } = sender;
    const isWanted = environment.isVisible() || (whileHidden() && this.#isSomethingLive());
    if (isWanted) {
      this.#cancelRest?.();
      this.#cancelRest = null;
      if (this.#isResting) this.#rest(false);
    } else if (!this.#isResting && (active.isWanted || this.#parts.table.polled().length > 0)) {
      this.#cancelRest ??= environment.setTimer(() => {
        this.#cancelRest = null;
        this.#rest(true);
      }, timings.restAfterMs);
    }
  }

  #rest(isResting: boolean): void {
    this.#isResting = isResting;
    this.#push.want(isResting ? NOTHING_WANTED : this.#wanted());
    this.#poller.rest(isResting);
  }

  #isSomethingLive(): boolean {
    const { table, active } = this.#parts;
    return active.live.length > 0 || table.polled().length > 0;
  }

  #noteStatus(): void {
    const status = this.#statusNow();
    if (status === this.#status || this.#status === "closed") return;
    this.#status = status;
    this.#parts.table.tell();
  }

  #statusNow(): ConnectionStatus {
    const { sender } = this.#parts;
    if (this.#push.isLive) return "live";
    if (sender.isUnauthenticated) return "signed_out";
    if (this.#polled === "failed" || !sender.environment.isOnline()) return "offline";
    return this.#polled === "answered" ? "polling" : "connecting";
  }
}
