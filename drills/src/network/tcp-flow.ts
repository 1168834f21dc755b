import type { Socket } from "node:net";
import type { TrafficControl } from "./traffic.ts";

export interface TcpFlowOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly control: TrafficControl;
  /** From the server to the client: what faults of replies concern. */
  readonly isReply: boolean;
  /** Of requests: sees each before it is passed on. */
  readonly onBytes?: (bytes: Buffer) => void;
}

/** Above so many held bytes the sender is read no further, so that it feels the receiver's pace. */
const MAX_HELD_BYTES = 64 * 1024;
/** Slow traffic goes out in pieces of so many ms. */
const SLOW_PIECE_MS = 50;

interface Held {
  /** `end`: the sender will send no more; `reset`: its connection broke. */
  readonly what: Buffer | "end" | "reset";
  readonly readAtMs: number;
}

/** One direction of one connection: what is read from a socket is held until the traffic lets it out, in its order. */
export class TcpFlow {
  readonly #options: TcpFlowOptions;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #ended = false;
  #running = false;
  #torn = false;
  #silent = false;
  #unanswered = false;

  constructor(options: TcpFlowOptions) {
    this.#options = options;
    const { from } = options;
    from.on("data", (bytes) => {
      options.onBytes?.(bytes);
      this.#hold(bytes);
    });
    from.once("end", () => {
      this.#ended = true;
      this.#hold("end");
    });
    from.once("close", () => {
      if (!this.#ended) this.#hold("reset");
    });
  }

  /** Bytes were swallowed: TCP would never pass on what follows them. */
  get isTorn(): boolean {
    return this.#torn;
  }

  /** A request went by from which on replies are to be swallowed. */
  loseReplies(): void {
    this.#unanswered = true;
  }

  /** Takes in whatever comes and lets nothing out any more, neither bytes nor the end. */
  silence(): void {
    this.#silent = true;
    this.#held.length = 0;
    this.#count(-this.#heldBytes);
  }

  #hold(what: Held["what"]): void {
    if (this.#silent) return;
    this.#held.push({ what, readAtMs: performance.now() });
    this.#count(lengthOf(what));
    void this.#run();
  }

  #count(bytes: number): void {
    const { from } = this.#options;
    this.#heldBytes += bytes;
    if (this.#heldBytes >= MAX_HELD_BYTES) from.pause();
    else if (from.isPaused()) from.resume();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (this.#options.to.destroyed) break;
      const waited = await this.#mustWait(first);
      if (!waited && !this.#silent) await this.#letOut(first);
    }
    this.#running = false;
  }

  /** Waits for the traffic's sake; true: it may be another one by now. */
  async #mustWait({ readAtMs }: Held): Promise<boolean> {
    const { control } = this.#options;
    const { traffic } = control;
    if (traffic.kind === "black-hole") {
      await control.change();
      return true;
    }
    const leftMs = traffic.kind === "delay" ? readAtMs + traffic.ms - performance.now() : 0;
    if (leftMs <= 0) return false;
    await control.change(leftMs);
    return true;
  }

  async #letOut({ what, readAtMs }: Held): Promise<void> {
    const { from, to, control, isReply } = this.#options;
    const { traffic } = control;
    this.#held.shift();
    this.#count(-lengthOf(what));
    if (isReply && traffic.kind === "drop-replies" && (traffic.since === null || this.#unanswered)) {
      this.#torn = true;
      return control.strike();
    }
    if (what === "end") return void to.end();
    if (what === "reset") return void to.resetAndDestroy();
    if (isReply && control.takeReset()) {
      control.strike();
      await this.#write(what.subarray(0, Math.floor(what.length / 2)));
      from.resetAndDestroy();
      return void to.resetAndDestroy();
    }
    if (traffic.kind !== "slow") return this.#write(what);
    const pieceBytes = Math.max(1, Math.floor((traffic.bytesPerSecond * SLOW_PIECE_MS) / 1_000));
    const piece = what.subarray(0, pieceBytes);
    if (piece.length < what.length && !this.#silent) {
      this.#held.unshift({ what: what.subarray(pieceBytes), readAtMs });
      this.#count(what.length - piece.length);
    }
    await this.#write(piece);
    await control.change((piece.length * 1_000) / traffic.bytesPerSecond);
  }

  /** Resolves when the receiver has room again, or is gone. */
  async #write(bytes: Buffer): Promise<void> {
    const { to } = this.#options;
    if (to.destroyed || to.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        to.off("drain", done);
        to.off("close", done);
        resolve();
      };
      to.on("drain", done);
      to.on("close", done);
    });
  }
}

function lengthOf(what: Held["what"]): number {
  return typeof what === "string" ? 0 : what.length;
}
