import { StatusplaneError } from "@statusplane/core";
import {
  createLocalJWKSet,
  errors,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";

export interface KeySetOptions {
  readonly url: string;
  /** Default: the global `fetch`. */
  readonly fetch?: FetchImplementation;
  /** How long the provider may take to answer, body included, ms. Default 3,000. */
  readonly timeoutMs?: number;
  /** Told of each fetch that failed. Default: nobody. */
  readonly onFailure?: (error: unknown) => void;
  /** Monotonic ms. Default: `performance.now`. */
  readonly now?: () => number;
}

const TIMEOUT_MS = 3_000;
const BODY_MAX_BYTES = 512 * 1_024;
/** Keys older than this are fetched again, beside the requests that use them. */
const FRESH_MS = 10 * 60_000;
/** A provider that stays away is believed so long: what it withdrew meanwhile nobody can know. */
const USABLE_MS = 24 * 3_600_000;
/** Between two fetches when the first one succeeded: a token that names an unknown key is no reason for one. */
const COOLDOWN_MS = 30_000;
/** Between two fetches when the first one failed: doubled with each further failure. */
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;

type LookUp = ReturnType<typeof createLocalJWKSet>;

/**
 * The provider's keys. Once fetched they go on for a day while the provider is away, hangs or answers nonsense; it is
 * asked by one request at a time, rarely after a success and ever more rarely after failures, whatever tokens come in.
 *
 * ```
 * none    → fetched before the answer, unless a failure is too recent: {sign_in_unavailable}
 * fresh   → used
 * stale   → used, and fetched beside
 * too old → as none
 * ```
 */
export class KeySet {
  readonly #options: KeySetOptions;
  readonly #now: () => number;
  #lookUp: LookUp | null = null;
  #fetchedAtMs = 0;
  #failures = 0;
  #nextFetchAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | null = null;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The key that a token names, as jose asks for it.
   * @throws {sign_in_unavailable} when there are no keys, or when the token's may be one that could not be fetched; jose's
   * own errors for a key that is not in the set.
   */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    if (this.#ageMs() > USABLE_MS) await this.#refresh();
    else if (this.#ageMs() > FRESH_MS) void this.#refresh();
    const lookUp = this.#usable();
    try {
      return await lookUp(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await this.#refresh();
    try {
      return await this.#usable()(header, token);
    } catch (error) {
      // While the provider cannot be asked nobody can say that it has no such key.
      throw this.#failures > 0 && error instanceof errors.JWKSNoMatchingKey
        ? this.#unavailable(error)
        : error;
    }
  };

  #ageMs(): number {
    return this.#lookUp === null ? Number.POSITIVE_INFINITY : this.#now() - this.#fetchedAtMs;
  }

  #usable(): LookUp {
    if (this.#lookUp === null || this.#ageMs() > USABLE_MS) throw this.#unavailable();
    return this.#lookUp;
  }

  #unavailable(cause?: unknown): StatusplaneError {
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#nextFetchAtMs - this.#now()) / 1_000));
    return new StatusplaneError("sign_in_unavailable", { cause, retryAfterSeconds });
  }

  /** Fetches, if it is time; whoever comes meanwhile shares it. Never rejects: what was known stays known. */
  #refresh(): Promise<void> {
    if (this.#fetching !== null) return this.#fetching;
    if (this.#now() < this.#nextFetchAtMs) return Promise.resolve();
    this.#fetching = this.#fetch().then(
      (lookUp) => {
        this.#lookUp = lookUp;
        this.#fetchedAtMs = this.#now();
        this.#failures = 0;
        this.#nextFetchAtMs = this.#now() + COOLDOWN_MS;
      },
      (error: unknown) => {
        this.#options.onFailure?.(error);
        const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures);
        this.#failures += 1;
        this.#nextFetchAtMs = this.#now() + waitMs;
      },
    );
    return this.#fetching.finally(() => (this.#fetching = null));
  }

  async #fetch(): Promise<LookUp> {
    const { url, fetch = globalThis.fetch, timeoutMs = TIMEOUT_MS } = this.#options;
    const response = await fetch(url, {
      method: "GET",
      redirect: "manual",
      headers: new Headers({ accept: "application/jwk-set+json, application/json" }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new TypeError(`the key set's address answered ${response.status}`);
    }
    const keySet = JSON.parse(await boundedText(response)) as JSONWebKeySet;
    const lookUp = createLocalJWKSet(keySet); // looks at the shape itself
    if (keySet.keys.length === 0) throw new TypeError("the key set has no key");
    return lookUp;
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX_BYTES) throw new TypeError("the key set is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
