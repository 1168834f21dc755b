import {
  assertWriteFits,
  hasCode,
  isEndTaken,
  isTerminal,
  jobKeys,
  livenessAfter,
  type EncodedSnapshot,
  type JobKeys,
  type JobRef,
  type StatusWriter,
  type Unsubscribe,
  type WriteAnswer,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import type { RedisChannels } from "./redis-channels.ts";
import type { RedisClient } from "../connections/redis-connector.ts";
import type { RedisRequests } from "./redis-requests.ts";
import type { ScriptCommands } from "./redis-scripts.ts";
import type { RedisTenantLists } from "./redis-tenant-lists.ts";

export interface RedisWriterParts {
  readonly requests: RedisRequests<RedisClient & ScriptCommands>;
  readonly lists: RedisTenantLists;
  readonly channels: RedisChannels;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
}

const ANSWERS: ReadonlySet<unknown> = new Set<WriteAnswer>([
  "accepted",
  "duplicate",
  "stale",
  "fenced",
  "finished",
  "absent",
]);

/** The three writes: one script call each. */
export class RedisStatusWriter implements StatusWriter {
  readonly #parts: RedisWriterParts;
  readonly #publish: "PUBLISH" | "SPUBLISH";

  constructor(parts: RedisWriterParts) {
    this.#parts = parts;
    this.#publish = parts.cluster ? "SPUBLISH" : "PUBLISH";
  }

  /**
   * @throws {store_unavailable} when Redis does not answer in time; the write may have been done nevertheless.
   * @throws {TypeError} when kind, status and version do not fit each other.
   */
  async write(kind: WriteKind, snapshot: EncodedSnapshot): Promise<WriteReply> {
    assertWriteFits(kind, snapshot);
    const { requests, settings } = this.#parts;
    const args = this.#scriptArguments(kind, snapshot);
    try {
      const reply = parseReply(await requests.call((client) => client.writeSnapshot(...args)));
      settings.counters.onWrite?.(kind, reply.answer);
      this.#keepLists(kind, snapshot, reply.answer);
      return reply;
    } catch (error) {
      if (hasCode(error, "store_unavailable")) settings.counters.onWrite?.(kind, "unavailable");
      throw error;
    }
  }

  /** @throws {store_unavailable} */
  async requestCancel(ref: JobRef, attempt: number): Promise<boolean> {
    const { status, progress, control } = this.#keys(ref);
    const told = await this.#parts.requests.call((client) =>
      client.requestCancel(status, progress, attempt, control, this.#publish),
    );
    return told === 1;
  }

  /** @throws {store_unavailable} when the subscription cannot be made. */
  watchCancel(ref: JobRef, attempt: number, listener: () => void): Promise<Unsubscribe> {
    return this.#parts.channels.listen(this.#keys(ref).control, (asked) => {
      if (asked === String(attempt)) listener();
    });
  }

  /** @throws {store_unavailable} */
  touchActive(refs: readonly JobRef[]): Promise<void> {
    return this.#parts.lists.touch(refs);
  }

  /** @throws {store_unavailable} */
  async remove(ref: JobRef): Promise<void> {
    const { requests, lists, settings } = this.#parts;
    const { status, progress, result } = this.#keys(ref);
    const { liveTtlSeconds } = settings.timings;
    await requests.call((client) => client.removeSnapshot(status, progress, result, liveTtlSeconds));
    lists.remove(ref);
  }

  /** @throws {store_unavailable} */
  async restoreResult(ref: JobRef, attempt: number, text: string): Promise<void> {
    const { status, result } = this.#keys(ref);
    await this.#parts.requests.call((client) => client.restoreResult(status, result, attempt, text));
  }

  /** Only after the answer: what was refused says nothing of where the job belongs, and who is told finds it in its place. */
  #keepLists(kind: WriteKind, { ref, attempt, endedAtMs }: EncodedSnapshot, answer: WriteAnswer): void {
    const { lists } = this.#parts;
    const liveness = kind === "announce" ? livenessAfter(answer, attempt) : null;
    if (liveness !== null) lists.live(liveness, ref);
    if (endedAtMs !== null && isEndTaken(answer)) lists.ended({ ref, endedAtMs });
  }

  #scriptArguments(
    kind: WriteKind,
    { ref, status, text, hash, resultText }: EncodedSnapshot,
  ): (string | number)[] {
    const keys = this.#keys(ref);
    const { settings } = this.#parts;
    const ttlSeconds = isTerminal(status) ? settings.finishedTtlSeconds() : settings.timings.liveTtlSeconds;
    const present: string[] = [];
    const missing: string[] = [];
    for (const field in hash) {
      const value = hash[field as keyof typeof hash]; // a for-in over its own fields
      if (value === null) missing.push(field);
      else present.push(field, value);
    }
    return [
      keys.status,
      keys.progress,
      keys.result,
      kind,
      text,
      ttlSeconds,
      keys.events,
      this.#publish,
      resultText ?? "",
      present.length,
      ...present,
      ...missing,
    ];
  }

  #keys(ref: JobRef): JobKeys {
    return jobKeys(ref, this.#parts.cluster);
  }
}

function parseReply(reply: unknown): WriteReply {
  const [answer, cancel] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (!ANSWERS.has(answer)) throw new TypeError(`write.lua answered ${JSON.stringify(reply)}`);
  return { answer: answer as WriteAnswer, cancelRequested: cancel === 1 };
}
