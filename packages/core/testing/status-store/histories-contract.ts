import {
  applyTransition,
  CANCEL_FIELD,
  isTerminal,
  REMOVED,
  type EncodedSnapshot,
  type JobRef,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";
import fc from "fast-check";
import { expect } from "vitest";
import type { ContractContext, OpenedStore } from "./contract-types.ts";
import { cancelled, doneWith, failed, freshRef, pending, processing } from "./sample-snapshots.ts";

type Step =
  | { readonly do: "write"; readonly kind: WriteKind; readonly of: (ref: JobRef) => EncodedSnapshot }
  | { readonly do: "cancel"; readonly attempt: number }
  /** Its row is gone. */
  | { readonly do: "remove" };

/** One worker's story of an attempt, cut off anywhere (a crash), with repeats. */
const story = fc
  .record({
    attempt: fc.integer({ min: 1, max: 3 }),
    versions: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }),
    end: fc.constantFrom("done", "large", "failed", "cancelled", "none"),
    crashAfter: fc.integer({ min: 0, max: 9 }),
    announces: fc.boolean(),
    cancel: fc.boolean(),
    isRemoved: fc.integer({ min: 0, max: 9 }).map((share) => share === 0),
  })
  .map(({ attempt, versions, end, crashAfter, announces, cancel, isRemoved }) => {
    const write = (kind: WriteKind, of: (ref: JobRef) => EncodedSnapshot): Step => ({
      do: "write",
      kind,
      of,
    });
    const steps: Step[] = announces ? [write("announce", (ref) => pending(ref, attempt))] : [];
    for (const [i, version] of versions.entries()) {
      const percent = version * 10;
      const progress = { percent, remainingSeconds: version % 2 === 0 ? null : percent, step: null };
      steps.push(
        write(i === 0 ? "announce" : "progress", (ref) => processing(ref, attempt, version, progress)),
      );
      if (cancel && i === 1) steps.push({ do: "cancel", attempt });
    }
    if (end === "done")
      steps.push(write("finish", (ref) => doneWith(ref, attempt, { kind: "inline", value: [attempt] })));
    if (end === "large") {
      steps.push(
        write("finish", (ref) => doneWith(ref, attempt, { kind: "large", bytes: 3, text: `[${attempt}]` })),
      );
    }
    if (end === "failed") steps.push(write("finish", (ref) => failed(ref, attempt)));
    if (end === "cancelled") steps.push(write("finish", (ref) => cancelled(ref, attempt)));
    if (isRemoved) steps.push({ do: "remove" });
    return steps.slice(0, crashAfter);
  });

/** Several stories, mixed: late, repeated and reordered. */
const history = fc
  .array(story, { minLength: 1, maxLength: 6 })
  .map((stories) => stories.flat())
  .chain((steps) =>
    steps.length === 0
      ? fc.constant<Step[]>([])
      : fc
          .array(fc.integer({ min: 0, max: steps.length - 1 }), { minLength: 1, maxLength: 30 })
          .map((order) => order.flatMap((i) => steps[i] ?? [])),
  );

type Reply = WriteReply | boolean | null;

interface Final {
  readonly text: string | null;
  readonly hash: Readonly<Record<string, string>> | null;
  readonly result: string | null;
  /** Whether the text has a TTL. */
  readonly expires: boolean | null;
}

/** The reference: `applyTransition` and the few sentences about hash, flag, result and TTL, once more. */
function expected(steps: readonly Step[], ref: JobRef): { replies: Reply[]; final: Final } {
  let held: EncodedSnapshot | typeof REMOVED | null = null;
  let flag: number | null = null;
  const replies = steps.map((step): Reply => {
    if (step.do === "remove") {
      held = REMOVED;
      return null;
    }
    const shown = held === REMOVED ? null : held;
    if (step.do === "cancel") {
      const tells = shown?.attempt === step.attempt && shown.status === "PROCESSING";
      if (tells) flag = step.attempt;
      return tells;
    }
    const write = step.of(ref);
    const { answer, effect } = applyTransition(held, step.kind, write);
    const same: boolean = shown?.attempt === write.attempt;
    const cancelRequested = same && flag === write.attempt && step.kind !== "finish";
    if (effect === "replace") {
      if (!same || isTerminal(write.status)) flag = null;
      held = write;
    }
    return { answer, cancelRequested };
  });
  const left = held as EncodedSnapshot | typeof REMOVED | null; // assigned in the callback above
  const last = left === REMOVED ? null : left;
  const hash =
    last?.hash === null || last === null
      ? null
      : withoutNulls({ ...last.hash, [CANCEL_FIELD]: flag === null ? null : String(flag) });
  return {
    replies,
    final: {
      text: last?.text ?? null,
      hash,
      result: last?.resultText ?? null,
      expires: left === null ? null : last === null || !isTerminal(last.status),
    },
  };
}

function withoutNulls(fields: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

async function actual(
  { store, hash, life }: OpenedStore,
  steps: readonly Step[],
  ref: JobRef,
): Promise<{ replies: Reply[]; final: Final }> {
  // All at once: a writer's connection keeps their order.
  const replies = await Promise.all(
    steps.map((step): Promise<Reply> => {
      if (step.do === "remove") return store.writer.remove(ref).then(() => null);
      if (step.do === "cancel") return store.writer.requestCancel(ref, step.attempt);
      return store.writer.write(step.kind, step.of(ref));
    }),
  );
  const snapshot = await store.reader.read(ref);
  const { status } = await life(ref);
  return {
    replies,
    final: {
      text: snapshot?.text ?? null,
      hash: await hash(ref),
      result: await store.reader.readResult(ref),
      expires: status === "absent" ? null : status !== "none",
    },
  };
}

/** Generated histories of late, repeated, reordered and crashed writers. */
export function describeHistories({ check, opened }: ContractContext): void {
  check(
    "any history gets the replies of applyTransition and leaves the state it says",
    async () => {
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const ref = freshRef("job");
          expect(await actual(opened(), steps, ref)).toEqual(expected(steps, ref));
        }),
        { numRuns: 300 },
      );
    },
    60_000,
  );
}
