import {
  applyTransition,
  isTerminal,
  type EncodedSnapshot,
  type SnapshotHead,
  type Transition,
  type WriteAnswer,
  type WriteKind,
} from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { checkSchedules } from "../../drills/src/schedules/check-schedules.ts";
import { enumerateSchedules } from "../../drills/src/schedules/enumerate-schedules.ts";
import { eventLine } from "../../drills/src/schedules/schedule.ts";
import {
  MemoryScheduledStore,
  type ScheduledStore,
  type Shown,
} from "../../drills/src/schedules/scheduled-store.ts";

type Rules = (current: SnapshotHead | null, kind: WriteKind, write: SnapshotHead) => Transition;

/** A store of a few lines, right as long as its rules are. */
class StoreOfRules implements ScheduledStore {
  readonly #rules: Rules;
  readonly #renewedAt: (write: SnapshotHead, writes: number) => number | null;
  #shown: Shown | null = null;
  #writes = 0;

  constructor(
    rules: Rules,
    renewedAt = (write: SnapshotHead, writes: number) => (isTerminal(write.status) ? null : writes),
  ) {
    this.#rules = rules;
    this.#renewedAt = renewedAt;
  }

  empty(): void {
    this.#shown = null;
    this.#writes = 0;
  }

  write(kind: WriteKind, write: EncodedSnapshot): WriteAnswer {
    this.#writes += 1;
    const { answer, effect } = this.#rules(this.#shown, kind, write);
    const { attempt, version, status, text } = write;
    const renewedAtWrite = this.#renewedAt(write, this.#writes);
    if (effect === "replace") this.#shown = { attempt, version, status, text, renewedAtWrite };
    if (effect === "renew" && this.#shown !== null) this.#shown = { ...this.#shown, renewedAtWrite };
    return answer;
  }

  shown(): Shown | null {
    return this.#shown;
  }
}

/** The rules, but for one answer, which becomes an acceptance. */
function accepting(wrongly: (answer: WriteAnswer, kind: WriteKind, write: SnapshotHead) => boolean): Rules {
  return (current, kind, write) => {
    const right = applyTransition(current, kind, write);
    return wrongly(right.answer, kind, write) ? { answer: "accepted", effect: "replace" } : right;
  };
}

describe("the memory store", () => {
  it.each([
    [{ attempts: 1, repeats: 2, losses: 2 }, 1_381],
    [{ attempts: 2, repeats: 1, losses: 1 }, 33_088],
    [{ attempts: 3, repeats: 0, losses: 0 }, 34_650],
  ])("keeps the rules in every schedule of %o", async (scope, schedules) => {
    const seen = await checkSchedules({ store: new MemoryScheduledStore(), ...scope });
    expect(seen.violations).toEqual([]);
    expect(seen.schedules).toBe(schedules);
    expect(seen.steps).toBeGreaterThan(schedules);
  });
});

describe("the schedules of a scope", () => {
  it("are all different, and those of writers alone are all interleavings", () => {
    const lines = (scope: Parameters<typeof enumerateSchedules>[0]): string[] =>
      Array.from(enumerateSchedules(scope), (schedule) => schedule.map(eventLine).join(" → "));
    const interleavings = lines({ attempts: 2, repeats: 0, losses: 0 });
    expect(interleavings).toHaveLength(70); // 8! / (4! 4!)
    const all = lines({ attempts: 2, repeats: 1, losses: 1 });
    expect(new Set(all).size).toBe(all.length);
  });

  it("have a worker that is answered absent announce itself again as its next version", () => {
    const schedules = Array.from(enumerateSchedules({ attempts: 1, repeats: 0, losses: 1 }), (schedule) =>
      schedule.map(eventLine),
    );
    expect(schedules).toContainEqual([
      "announce 1.0 PENDING",
      "announce 1.1 PROCESSING",
      "the store loses its data",
      "progress 1.2 PROCESSING",
      "announce 1.3 PROCESSING",
      "finish 1.final DONE",
    ]);
  });
});

describe("a store with one rule broken", () => {
  it("is not among those that keep them all", async () => {
    const seen = await checkSchedules({
      store: new StoreOfRules(applyTransition),
      attempts: 2,
      repeats: 1,
      losses: 1,
    });
    expect(seen.violations).toEqual([]);
  });

  it.each<[string, Rules, RegExp]>([
    ["that ignores the attempt", accepting((answer) => answer === "fenced"), /: the attempt fell$/],
    ["that ignores the version", accepting((answer) => answer === "stale"), /: the version fell$/],
    [
      "that forgets that a job has ended",
      accepting((answer) => answer === "finished"),
      /finish .* → .*: the version fell$/,
    ],
    [
      "whose progress creates the key",
      accepting((answer) => answer === "absent"),
      /: progress has created the key$/,
    ],
    [
      "whose equal announcements renew nothing",
      (current, kind, write) => {
        const right = applyTransition(current, kind, write);
        return right.effect === "renew" ? { ...right, effect: "none" } : right;
      },
      /again: its life began anew with write \d+, not \d+$/,
    ],
    [
      "that calls a repeated end finished",
      (current, kind, write) => {
        const right = applyTransition(current, kind, write);
        return kind === "finish" && right.answer === "duplicate" ? { ...right, answer: "finished" } : right;
      },
      /again: answered finished, not duplicate$/,
    ],
  ])("%s is found out", async (_, rules, violation) => {
    const store = new StoreOfRules(rules);
    const repeated = await checkSchedules({ store, attempts: 2, repeats: 1, losses: 0 });
    const lost = await checkSchedules({ store, attempts: 2, repeats: 0, losses: 1 });
    const violations = [...repeated.violations, ...lost.violations];
    expect(violations.some((line) => violation.test(line))).toBe(true);
  });

  it("that gives an end the TTL of what is live is found out", async () => {
    const store = new StoreOfRules(applyTransition, (_write, writes) => writes);
    const { violations } = await checkSchedules({ store, attempts: 1, repeats: 0, losses: 0 });
    expect(violations).toEqual([expect.stringMatching(/: the TTL does not fit the status$/)]);
  });
});
