import { TokenBucket, type TokenBucketOptions } from "./token-bucket.ts";

/** Keys remembered at most. */
const KEYS_MAX = 20_000;
/** Of the oldest keys so many are looked at when there is no room: a full bucket says no more than a new one. */
const LOOKED_AT = 16;

/** A bucket for each of many keys, made at its first use; memory is bounded, whatever keys somebody invents. */
export class KeyedBuckets {
  readonly #options: TokenBucketOptions;
  readonly #max: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param max keys remembered at most; default 20,000. */
  constructor(options: TokenBucketOptions, max = KEYS_MAX) {
    this.#options = options;
    this.#max = max;
  }

  /** The bucket of this key, the same for everybody who asks. */
  of(key: string): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#max) this.#makeRoom();
    const made = new TokenBucket(this.#options);
    this.#buckets.set(key, made);
    return made;
  }

  /** Forgets the oldest keys that are at rest; where none of them is, the oldest of all. */
  #makeRoom(): void {
    const oldest = [...this.#firstKeys()];
    const atRest = oldest.filter((key) => this.#buckets.get(key)?.isFull() === true);
    for (const key of atRest.length > 0 ? atRest : oldest.slice(0, 1)) this.#buckets.delete(key);
  }

  *#firstKeys(): Generator<string> {
    let left = LOOKED_AT;
    for (const key of this.#buckets.keys()) {
      if (left-- === 0) return;
      yield key;
    }
  }
}
