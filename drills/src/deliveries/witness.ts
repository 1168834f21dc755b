import {
  compareSnapshots,
  isTerminal,
  parseHead,
  type SnapshotHead,
  type StatusWriter,
} from "@statusplane/core";
import { Redis } from "ioredis";
import type { Violation } from "../drill.ts";
import type { CommittedChange } from "../history/job-history.ts";

const MOST_VIOLATIONS = 20;

/** Hears of every snapshot that a status store accepted, in the order in which it did. */
export class Witness {
  readonly #last = new Map<string, SnapshotHead>();
  readonly #ends = new Set<string>();
  readonly #violations: Violation[] = [];
  #seen = 0;

  get seen(): number {
    return this.#seen;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** The store has lost its data: it may begin anew with anything that is true. */
  forget(): void {
    this.#last.clear();
  }

  /** I3: every end that the store accepted is one that was committed for that attempt. */
  uncommitted(committed: readonly CommittedChange[]): readonly Violation[] {
    const known = new Set(
      committed.map(({ tenant, kind, id, ...change }) => endKey(`${tenant}:${kind}:${id}`, change)),
    );
    return [...this.#ends]
      .filter((end) => !known.has(end))
      .map((end) => ({ invariant: "I3", what: `the store accepted what nobody committed: ${end}` }));
  }

  /** @param key `tenant:kind:id`. */
  accepted(key: string, head: SnapshotHead): void {
    this.#seen += 1;
    if (isTerminal(head.status)) this.#ends.add(endKey(key, head));
    const before = this.#last.get(key);
    this.#last.set(key, head);
    if (before === undefined) return;
    const replaced = before.attempt === head.attempt && isTerminal(before.status);
    if (!replaced && compareSnapshots(before, head) < 0) return;
    if (this.#violations.length >= MOST_VIOLATIONS) return;
    this.#violations.push({
      invariant: "I1",
      what: `${key}: accepted ${lineOf(head)} after ${lineOf(before)}`,
    });
  }
}

/** A writer whose accepted writes the witness hears of. */
export function witnessed(writer: StatusWriter, witness: Witness): StatusWriter {
  return {
    async write(kind, snapshot) {
      const reply = await writer.write(kind, snapshot);
      const { tenant, kind: family, id } = snapshot.ref;
      if (reply.answer === "accepted") witness.accepted(`${tenant}:${family}:${id}`, snapshot);
      return reply;
    },
    requestCancel: (ref, attempt) => writer.requestCancel(ref, attempt),
    watchCancel: (ref, attempt, listener) => writer.watchCancel(ref, attempt, listener),
    touchActive: (refs) => writer.touchActive(refs),
    remove: (ref) => writer.remove(ref),
    restoreResult: (ref, attempt, text) => writer.restoreResult(ref, attempt, text),
  };
}

/** Whoever empties Redis says so on this channel in the same transaction. */
export const EMPTIED_CHANNEL = "drill:emptied";

/** Listens to what Redis publishes at each accepted write, whoever makes it. */
export async function witnessRedis(url: string, witness: Witness): Promise<AsyncDisposable> {
  const redis = new Redis(url);
  redis.on("message", () => witness.forget());
  await redis.subscribe(EMPTIED_CHANNEL);
  redis.on("pmessage", (_pattern: string, channel: string, text: string) => {
    const head = parseHead(text);
    if (head !== null) witness.accepted(channel.replace(/^tenant:|:events$/g, ""), head);
  });
  await redis.psubscribe("tenant:*:events");
  return { [Symbol.asyncDispose]: () => Promise.resolve(redis.disconnect()) };
}

function lineOf({ attempt, version, status }: SnapshotHead): string {
  return `${status} (${attempt}, ${version})`;
}

function endKey(key: string, { attempt, status }: Pick<SnapshotHead, "attempt" | "status">): string {
  return `${key} ${status} of attempt ${attempt}`;
}
