import { StatusplaneError } from "@statusplane/core";
import { networkOf, type Identity } from "../auth/index.ts";

/** How many streams may be open at once. Each counts by what it names. */
export interface StreamRates {
  /** Per sign-in. Default 100. */
  readonly streamsPerToken?: number;
  /** Of all of a tenant's sign-ins together. Default 10,000. */
  readonly streamsPerTenant?: number;
  /** Per client address (of IPv6 its /64). Default 8,192. */
  readonly streamsPerAddress?: number;
}

/** Seconds until a refused client asks again. */
const RETRY_AFTER_SECONDS = 15;

/** A stream's place among those of its address and, once it is signed in, of its token and tenant. */
export interface Place {
  /** Counts it for this sign-in, instead of the one before. @throws {too_many_streams} */
  signIn(identity: Identity): void;
  /** A second release does nothing. */
  release(): void;
}

/** Who has how many streams; remembers nobody who has none. */
export class Places {
  readonly #limits: Readonly<Record<"token" | "tenant" | "address", number>>;
  readonly #taken = { token: new Map(), tenant: new Map(), address: new Map() } as Readonly<
    Record<"token" | "tenant" | "address", Map<string, number>>
  >;

  readonly #onRefused: () => void;

  constructor(
    { streamsPerToken = 100, streamsPerTenant = 10_000, streamsPerAddress = 8_192 }: StreamRates,
    onRefused: () => void,
  ) {
    this.#onRefused = onRefused;
    this.#limits = { token: streamsPerToken, tenant: streamsPerTenant, address: streamsPerAddress };
  }

  /** @throws {too_many_streams} for an address that has as many as it may. */
  take(ip: string): Place {
    const releaseAddress = this.#count("address", networkOf(ip));
    let releaseSignIn = (): void => undefined;
    return {
      signIn: (identity) => {
        releaseSignIn();
        releaseSignIn = (): void => undefined;
        releaseSignIn = this.#countSignIn(identity);
      },
      release: () => {
        releaseAddress();
        releaseSignIn();
      },
    };
  }

  #countSignIn({ name, tenant }: Identity): () => void {
    const releaseToken = this.#count("token", name);
    try {
      const releaseTenant = tenant === null ? () => undefined : this.#count("tenant", tenant);
      return () => {
        releaseToken();
        releaseTenant();
      };
    } catch (error) {
      releaseToken();
      throw error;
    }
  }

  #count(what: "token" | "tenant" | "address", key: string): () => void {
    const taken = this.#taken[what];
    const before = taken.get(key) ?? 0;
    if (before >= this.#limits[what]) {
      this.#onRefused();
      throw new StatusplaneError("too_many_streams", {
        detail: `${this.#limits[what]} per ${what}`,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    taken.set(key, before + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const now = (taken.get(key) ?? 1) - 1;
      if (now === 0) taken.delete(key);
      else taken.set(key, now);
    };
  }
}
