import { encodeSnapshot, type EncodedSnapshot, type JobRef } from "@statusplane/core";
import type { HistoryAdapter } from "./history-adapter.ts";
import { ReferenceStore } from "./reference-store.ts";
import type { Answer, Sight } from "./sight.ts";
import { isWrite, restoredText, snapshotOf, type History, type Step, type WriteStep } from "./step.ts";

/** A history with the snapshots that it writes, encoded for one job. */
export interface EncodedHistory {
  readonly ref: JobRef;
  readonly steps: readonly Step[];
  readonly encoded: ReadonlyMap<Step, EncodedSnapshot>;
}

export function encodeHistory({ steps }: History, ref: JobRef): EncodedHistory {
  const encoded = new Map<Step, EncodedSnapshot>();
  for (const step of steps) {
    if (isWrite(step) && !encoded.has(step)) encoded.set(step, encodeSnapshot(snapshotOf(step, ref)));
  }
  return { ref, steps, encoded };
}

/** One history of so many is also read through the reader's port. */
const READ_EVERY = 4;

/**
 * Carries a history out on a store. Between two steps that look at it or take something from it all writes are on
 * their way at once: a writer's connection keeps their order. The last answer is the final look, by the reader's port
 * where that shows it.
 */
export async function carryOut(adapter: HistoryAdapter, history: EncodedHistory): Promise<Answer[]> {
  const answers: Promise<Answer>[] = [];
  for (const step of history.steps) {
    if (!isAtOnce(step)) await Promise.all(answers);
    const answer = carryOutStep(adapter, step, history);
    answers.push(answer);
    if (!isAtOnce(step)) await answer;
  }
  return [...(await Promise.all(answers)), await finalLook(adapter, history.ref)];
}

/** Whether a step may be on its way while others are. */
function isAtOnce(step: Step): boolean {
  return isWrite(step) || step.do === "cancel" || step.do === "restore";
}

async function carryOutStep(
  adapter: HistoryAdapter,
  step: Step,
  { ref, encoded }: EncodedHistory,
): Promise<Answer> {
  const { writer } = adapter.store();
  switch (step.do) {
    case "announce":
    case "progress":
    case "finish":
      return writer.write(step.do, encodedOf(step, encoded));
    case "cancel":
      return writer.requestCancel(ref, step.attempt);
    case "restore":
      await writer.restoreResult(ref, step.attempt, restoredText(step.shape));
      return null;
    case "look":
      return adapter.look(ref);
    case "lose":
      await adapter.lose(ref);
      return null;
    case "expire":
      await adapter.expire(ref);
      return null;
    case "evict":
      if (adapter.evicts) await adapter.evict(ref, step.key);
      return null;
  }
}

/** What reads shows of text and result has to be what lies behind it. */
async function finalLook(adapter: HistoryAdapter, ref: JobRef): Promise<Sight> {
  if (Number(ref.id) % READ_EVERY !== 0) return adapter.lookAndForget(ref);
  const { reader } = adapter.store();
  const [snapshot, result] = await Promise.all([reader.read(ref), reader.readResult(ref)]);
  return { ...(await adapter.lookAndForget(ref)), text: snapshot?.text ?? null, result };
}

/** What the reference answers to the same history. */
export function expect(adapter: HistoryAdapter, { steps, encoded }: EncodedHistory): Answer[] {
  const reference = new ReferenceStore(adapter.finishedLife);
  const answers = steps.map((step): Answer => {
    switch (step.do) {
      case "announce":
      case "progress":
      case "finish": {
        const { text, resultText } = encodedOf(step, encoded);
        return reference.write(step.do, text, resultText);
      }
      case "cancel":
        return reference.cancel(step.attempt);
      case "restore":
        reference.restore(step.attempt, restoredText(step.shape));
        return null;
      case "look":
        return reference.look();
      case "lose":
        reference.lose();
        return null;
      case "expire":
        reference.expire();
        return null;
      case "evict":
        if (adapter.evicts) reference.evict(step.key);
        return null;
    }
  });
  return [...answers, reference.look()];
}

function encodedOf(step: WriteStep, encoded: EncodedHistory["encoded"]): EncodedSnapshot {
  const snapshot = encoded.get(step);
  if (snapshot === undefined) throw new Error("a step of another history");
  return snapshot;
}
