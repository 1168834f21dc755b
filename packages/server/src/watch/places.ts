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

type Counted = "token" | "tenant" | "address";

/** Who has how many streams; remembers nobody who has none. */
export class Places {
  readonly #limits: Readonly<Record<Counted, number>>;
  readonly #taken: Readonly<Record<Counted, Map<string, number>>> = {
    token: new Map(),
    tenant: new Map(),
    address: new Map(),
  };
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
    return new Place(this, networkOf(ip));
  }

  /** Counts one more. @throws {too_many_streams} */
  add(what: Counted, key: string): void {
    const before = this.#taken[what].get(key) ?? 0;
    if (before >= this.#limits[what]) {
      this.#onRefused();
      throw new StatusplaneError("too_many_streams", {
        detail: `${this.#limits[what]} per ${what}`,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    this.#taken[what].set(key, before + 1);
  }

  /** Counts one less. */
  remove(what: Counted, key: string): void {
    const now = (this.#taken[what].get(key) ?? 1) - 1;
    if (now === 0) this.#taken[what].delete(key);
    else this.#taken[what].set(key, now);
  }
}

/** A stream's place among those of its address and, once it is signed in, of its token and tenant. */
export class Place {
  readonly #places: Places;
  #address: string | null;
  #signedIn: Identity | null = null;

  /** @throws {too_many_streams} */
  constructor(places: Places, address: string) {
    places.add("address", address);
    this.#places = places;
    this.#address = address;
  }

  /** Counts it for this sign-in, instead of the one before. @throws {too_many_streams} */
  signIn(identity: Identity): void {
    this.#signOut();
    this.#places.add("token", identity.name);
    try {
      if (identity.tenant !== null) this.#places.add("tenant", identity.tenant);
    } catch (error) {
      this.#places.remove("token", identity.name);
      throw error;
    }
    this.#signedIn = identity;
  }

  /** A second release does nothing. */
  release(): void {
    this.#signOut();
    if (this.#address !== null) this.#places.remove("address", this.#address);
    this.#address = null;
  }

  #signOut(): void {
    const before = this.#signedIn;
    if (before === null) return;
    this.#signedIn = null;
    this.#places.remove("token", before.name);
    if (before.tenant !== null) this.#places.remove("tenant", before.tenant);
  }
}
