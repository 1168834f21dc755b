import type { Identity } from "../auth/index.ts";
import type { Opening } from "./stream-counts.ts";

/** A reader that comes back within this is one that was away, ms. */
const LATELY_MS = 60_000;
/** Readers remembered at most. */
const READERS_MAX = 10_000;

/** Who had a stream lately: tells a reader that comes back from one that comes. */
export class Readers {
  readonly #open = new Map<string, number>();
  readonly #left = new Map<string, number>();

  /** A stream of this reader is opened. */
  opened(identity: Identity): Opening {
    const name = whoIs(identity);
    const open = this.#open.get(name) ?? 0;
    const leftAtMs = this.#left.get(name);
    this.#open.set(name, open + 1);
    this.#left.delete(name);
    if (leftAtMs === undefined || performance.now() - leftAtMs > LATELY_MS) return "first";
    return open > 0 ? "renewal" : "reconnect";
  }

  /** One that is told to go: whoever opens the next renews it. */
  told(identity: Identity): void {
    this.#note(whoIs(identity));
  }

  /** A stream of this reader is gone. */
  closed(identity: Identity): void {
    const name = whoIs(identity);
    const open = (this.#open.get(name) ?? 1) - 1;
    if (open > 0) return void this.#open.set(name, open);
    this.#open.delete(name);
    this.#note(name);
  }

  #note(name: string): void {
    const oldest = this.#left.size < READERS_MAX ? null : this.#left.keys().next();
    if (oldest?.done === false) this.#left.delete(oldest.value);
    this.#left.delete(name);
    this.#left.set(name, performance.now());
  }
}

function whoIs(identity: Identity): string {
  return identity.kind === "watcher"
    ? identity.name
    : JSON.stringify([identity.tenant, identity.subject ?? identity.name]);
}
