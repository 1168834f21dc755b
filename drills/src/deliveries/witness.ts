import { compareHeads, isTerminal, parseHead, type SnapshotHead, type StatusWriter } from "@statusplane/core";
import { Redis } from "ioredis";
import type { Violation } from "../drill.ts";

const MOST_VIOLATIONS = 20;

/** Hears of every snapshot that a status store accepted, in the order in which it did. */
export class Witness {
  readonly #last = new Map<string, SnapshotHead>();
  readonly #violations: Violation[] = [];
  #seen = 0;

  get seen(): number {
    return this.#seen;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** @param key names the job. */
  accepted(key: string, head: SnapshotHead): void {
    this.#seen += 1;
    const before = this.#last.get(key);
    this.#last.set(key, head);
    if (before === undefined) return;
    const replaced = before.attempt === head.attempt && isTerminal(before.status);
    if (!replaced && compareHeads(before, head) < 0) return;
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
    restoreResult: (ref, attempt, text) => writer.restoreResult(ref, attempt, text),
  };
}

/** Listens to what Redis publishes at each accepted write, whoever makes it. */
export async function witnessRedis(url: string, witness: Witness): Promise<AsyncDisposable> {
  const redis = new Redis(url);
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
