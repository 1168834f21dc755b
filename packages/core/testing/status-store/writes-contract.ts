import {
  CANCEL_FIELD,
  type EncodedSnapshot,
  type JobRef,
  type WriteAnswer,
  type WriteKind,
} from "@statusplane/core";
import { expect } from "vitest";
import { eventually } from "../eventually.ts";
import type { ContractContext } from "./contract-types.ts";
import {
  cancelled,
  failed,
  freshRef,
  pending,
  processing,
  processingAt,
  succeeded,
} from "./sample-snapshots.ts";

type Write = readonly [WriteKind, EncodedSnapshot];

/** What is in the store, what is written, what is answered. */
const ANSWERS: readonly (readonly [
  string,
  (ref: JobRef) => readonly Write[],
  (ref: JobRef) => Write,
  WriteAnswer,
])[] = [
  ["an announcement creates the key", () => [], (r) => ["announce", pending(r)], "accepted"],
  [
    "a PROCESSING announcement creates the key",
    () => [],
    (r) => ["announce", processing(r, 1, 7)],
    "accepted",
  ],
  ["a finish creates the key", () => [], (r) => ["finish", succeeded(r)], "accepted"],
  ["progress never creates the key", () => [], (r) => ["progress", processing(r, 1, 2)], "absent"],
  [
    "progress never overtakes a lower attempt",
    (r) => [["announce", pending(r)]],
    (r) => ["progress", processing(r, 2, 2)],
    "absent",
  ],
  [
    "an announcement overtakes a live lower attempt",
    (r) => [["announce", processing(r, 1, 9)]],
    (r) => ["announce", pending(r, 2)],
    "accepted",
  ],
  [
    "an announcement overtakes a finished lower attempt",
    (r) => [["finish", failed(r)]],
    (r) => ["announce", pending(r, 2)],
    "accepted",
  ],
  [
    "a finish overtakes a lower attempt",
    (r) => [["announce", processing(r, 1, 9)]],
    (r) => ["finish", failed(r, 3)],
    "accepted",
  ],
  [
    "the claim's announcement follows PENDING",
    (r) => [["announce", pending(r)]],
    (r) => ["announce", processing(r, 1, 1)],
    "accepted",
  ],
  [
    "progress follows PENDING",
    (r) => [["announce", pending(r)]],
    (r) => ["progress", processing(r, 1, 2)],
    "accepted",
  ],
  [
    "a higher version is accepted, gaps allowed",
    (r) => [["announce", processing(r)]],
    (r) => ["progress", processing(r, 1, 90)],
    "accepted",
  ],
  [
    "a finish ends a live attempt",
    (r) => [["announce", processing(r)]],
    (r) => ["finish", succeeded(r)],
    "accepted",
  ],
  [
    "the same announcement is a duplicate",
    (r) => [["announce", pending(r)]],
    (r) => ["announce", pending(r)],
    "duplicate",
  ],
  [
    "the same finish is a duplicate",
    (r) => [["finish", succeeded(r)]],
    (r) => ["finish", succeeded(r)],
    "duplicate",
  ],
  [
    "an equal progress is stale",
    (r) => [["announce", processing(r, 1, 2)]],
    (r) => ["progress", processing(r, 1, 2)],
    "stale",
  ],
  [
    "a lower version is stale",
    (r) => [["announce", processing(r, 1, 5)]],
    (r) => ["progress", processing(r, 1, 4)],
    "stale",
  ],
  ["a late PENDING is stale", (r) => [["announce", processing(r)]], (r) => ["announce", pending(r)], "stale"],
  [
    "progress of a lower attempt is fenced",
    (r) => [["announce", pending(r, 2)]],
    (r) => ["progress", processing(r, 1, 50)],
    "fenced",
  ],
  [
    "a finish of a lower attempt is fenced",
    (r) => [["announce", pending(r, 2)]],
    (r) => ["finish", succeeded(r, 1)],
    "fenced",
  ],
  [
    "an announcement of a lower attempt is fenced",
    (r) => [["finish", failed(r, 2)]],
    (r) => ["announce", pending(r, 1)],
    "fenced",
  ],
  [
    "progress after the end is refused",
    (r) => [["finish", succeeded(r)]],
    (r) => ["progress", processing(r, 1, 80)],
    "finished",
  ],
  [
    "an announcement after the end is refused",
    (r) => [["finish", succeeded(r)]],
    (r) => ["announce", pending(r)],
    "finished",
  ],
  ["another end is refused", (r) => [["finish", cancelled(r)]], (r) => ["finish", failed(r)], "finished"],
];

/** Guard, hash and cancel flag. */
export function describeWrites({ check, opened }: ContractContext): void {
  for (const [name, before, last, answer] of ANSWERS) {
    check(name, async () => {
      const { writer, reader } = opened().store;
      const ref = freshRef();
      let text: string | null = null;
      for (const [kind, snapshot] of before(ref)) {
        expect(await writer.write(kind, snapshot)).toEqual({ answer: "accepted", cancelRequested: false });
        text = snapshot.text;
      }
      const [kind, snapshot] = last(ref);
      expect(await writer.write(kind, snapshot)).toEqual({ answer, cancelRequested: false });
      expect((await reader.read(ref))?.text ?? null).toBe(answer === "accepted" ? snapshot.text : text);
    });
  }

  check("a write whose kind and status do not fit is a TypeError and changes nothing", async () => {
    const { writer, reader } = opened().store;
    const ref = freshRef();
    await expect(writer.write("finish", processing(ref))).rejects.toThrow(TypeError);
    await expect(writer.write("progress", pending(ref))).rejects.toThrow(TypeError);
    await expect(writer.write("announce", succeeded(ref))).rejects.toThrow(TypeError);
    expect(await reader.read(ref)).toBeNull();
  });

  check("what orders writes is (attempt, version), whatever the writers' clocks say", async () => {
    const { writer, reader } = opened().store;
    const ref = freshRef();
    for (const [updatedAt, attempt, version, kind, answer] of [
      ["2099-01-01T00:00:00.000Z", 1, 1, "announce", "accepted"],
      ["1999-01-01T00:00:00.000Z", 1, 2, "progress", "accepted"],
      ["2100-01-01T00:00:00.000Z", 1, 1, "progress", "stale"],
      ["1970-01-01T00:00:00.000Z", 2, 1, "announce", "accepted"],
      ["2100-01-01T00:00:00.000Z", 1, 9, "progress", "fenced"],
    ] as const) {
      const snapshot = processingAt(updatedAt, ref, attempt, version);
      expect(await writer.write(kind, snapshot), updatedAt).toMatchObject({ answer });
    }
    expect(await reader.read(ref)).toMatchObject({ attempt: 2, version: 1 });
  });

  describeHash({ check, opened });
  describeCancel({ check, opened });
}

function describeHash({ check, opened }: Pick<ContractContext, "check" | "opened">): void {
  check("the hash follows the newest progress, and loses what is no longer known", async () => {
    const { store, hash } = opened();
    const ref = freshRef();
    await store.writer.write("announce", processing(ref));
    expect(await hash(ref)).toEqual({
      percent: "33",
      remaining_seconds: "71",
      step_index: "2",
      step_total: "4",
      step_key: "encode",
      step_name_display: "변환",
      step_percent: "40",
    });
    await store.writer.write(
      "progress",
      processing(ref, 1, 2, { percent: 50, remainingSeconds: null, step: null }),
    );
    expect(await hash(ref)).toEqual({ percent: "50" });
    await store.writer.write("progress", processing(ref, 1, 1));
    expect(await hash(ref)).toEqual({ percent: "50" });
  });

  check("the hash lives only while PROCESSING", async () => {
    const { store, hash } = opened();
    const ref = freshRef();
    await store.writer.write("announce", pending(ref));
    expect(await hash(ref)).toBeNull();
    await store.writer.write("announce", processing(ref));
    await store.writer.write("announce", pending(ref, 2));
    expect(await hash(ref)).toBeNull();
    await store.writer.write("announce", processing(ref, 2));
    await store.writer.write("finish", failed(ref, 2));
    expect(await hash(ref)).toBeNull();
  });
}

function describeCancel({ check, opened }: Pick<ContractContext, "check" | "opened">): void {
  check("a cancel request is carried by each later answer of its attempt", async () => {
    const { store, hash } = opened();
    const ref = freshRef();
    await store.writer.write("announce", processing(ref));
    expect(await store.writer.requestCancel(ref, 1)).toBe(true);
    expect(await hash(ref)).toMatchObject({ [CANCEL_FIELD]: "1", percent: "33" });
    for (const [kind, snapshot, answer] of [
      ["progress", processing(ref, 1, 2), "accepted"],
      ["progress", processing(ref, 1, 2), "stale"],
      ["announce", processing(ref, 1, 2), "duplicate"],
      ["announce", processing(ref, 1, 3), "accepted"],
    ] as const) {
      expect(await store.writer.write(kind, snapshot)).toEqual({ answer, cancelRequested: true });
    }
  });

  check("an announcement of a higher attempt drops the cancel request", async () => {
    const { store, hash } = opened();
    const ref = freshRef();
    await store.writer.write("announce", processing(ref));
    await store.writer.requestCancel(ref, 1);
    expect(await store.writer.write("announce", processing(ref, 2, 1))).toMatchObject({
      cancelRequested: false,
    });
    expect(await hash(ref)).not.toHaveProperty(CANCEL_FIELD);
    expect(await store.writer.write("progress", processing(ref, 2, 2))).toMatchObject({
      cancelRequested: false,
    });
  });

  check("a cancel request creates nothing and tells nobody but the running attempt", async () => {
    const { store, hash } = opened();
    const ref = freshRef();
    expect(await store.writer.requestCancel(ref, 1)).toBe(false);
    expect(await store.reader.read(ref)).toBeNull();
    await store.writer.write("announce", pending(ref));
    expect(await store.writer.requestCancel(ref, 1)).toBe(false);
    await store.writer.write("announce", processing(ref));
    expect(await store.writer.requestCancel(ref, 2)).toBe(false);
    expect(await hash(ref)).not.toHaveProperty(CANCEL_FIELD);
    await store.writer.write("finish", succeeded(ref));
    expect(await store.writer.requestCancel(ref, 1)).toBe(false);
    expect(await hash(ref)).toBeNull();
  });

  check("the attempt's worker is told of a cancel at once, another attempt's is not", async () => {
    const { writer } = opened().store;
    const ref = freshRef();
    await writer.write("announce", processing(ref, 2));
    const told: string[] = [];
    const unsubscribes = [
      await writer.watchCancel(ref, 1, () => told.push("attempt 1")),
      await writer.watchCancel(ref, 2, () => told.push("attempt 2")),
      await writer.watchCancel(freshRef(), 2, () => told.push("another job")),
    ];
    await writer.requestCancel(ref, 2);
    await eventually("the worker is told", () => told.length > 0);
    await unsubscribes[1]?.();
    const other = await writer.watchCancel(ref, 2, () => told.push("attempt 2 again"));
    await writer.requestCancel(ref, 2);
    await eventually("the second listener is told", () => told.length > 1);
    expect(told).toEqual(["attempt 2", "attempt 2 again"]);
    for (const unsubscribe of [...unsubscribes, other]) await unsubscribe();
  });
}
