import {
  encodeSnapshot,
  FINAL_VERSION,
  jobRef,
  type EncodedSnapshot,
  type Snapshot,
  type SnapshotHead,
  type WriteKind,
} from "@statusplane/core";

/** How much is tried: everything within these bounds, in every order. */
export interface Scope {
  /** Attempts 1 to this, each with a writer of its own. From 1. */
  readonly attempts: number;
  /** Messages that arrive a second time, at any later moment. */
  readonly repeats: number;
  /** Losses of all data, at any moment. */
  readonly losses: number;
}

/** A write on its way to the store. */
export interface Message {
  readonly kind: WriteKind;
  readonly write: EncodedSnapshot;
  /** For the lines of a violation. */
  readonly name: string;
}

/** One event of a schedule: a message arrives, for the first time or again, or the store loses its data. */
export type ScheduleEvent = { readonly does: "write" | "repeat"; readonly message: Message } | typeof LOSS;
export const LOSS = { does: "lose" } as const;

/** What a worker says after `absent`, beside the messages that it sends anyway. */
export interface Writer {
  /** PENDING is announced, PROCESSING is announced, progress is told, the end is told. */
  readonly messages: readonly Message[];
  /** A full snapshot as the writer's own next version. */
  readonly announceAgain: Message;
}

const REF = jobRef("7", "job", "schedule");
const AT = "2026-11-02T03:04:05.678Z";
const BASE = { ref: REF, jobType: "ocr", title: null, updatedAt: AT };

/** Attempt n's writer, which sends in this order whatever it is answered: the fenced one is the one that does not know. */
export function writerOf(attempt: number): Writer {
  const processing = (version: number): Snapshot => ({
    ...BASE,
    attempt,
    status: "PROCESSING",
    version,
    progress: { percent: version, remainingSeconds: null, step: null },
  });
  return {
    messages: [
      messageOf("announce", { ...BASE, attempt, status: "PENDING", nextTry: null }),
      messageOf("announce", processing(1)),
      messageOf("progress", processing(2)),
      messageOf("finish", endOf(attempt)),
    ],
    announceAgain: messageOf("announce", processing(3)),
  };
}

/** Every second attempt ends well, so that ends of neighbours differ. */
function endOf(attempt: number): Snapshot {
  return attempt % 2 === 0
    ? { ...BASE, attempt, status: "CANCELLED", result: null }
    : { ...BASE, attempt, status: "DONE", result: { kind: "inline", value: attempt } };
}

function messageOf(kind: WriteKind, snapshot: Snapshot): Message {
  const write = encodeSnapshot(snapshot);
  return { kind, write, name: `${kind} ${headLine(write)}` };
}

/** `2.17 PROCESSING`: attempt, version, status. */
export function headLine({ attempt, version, status }: SnapshotHead): string {
  return `${attempt}.${version === FINAL_VERSION ? "final" : version} ${status}`;
}

export function eventLine(event: ScheduleEvent): string {
  if (event.does === "lose") return "the store loses its data";
  return event.does === "repeat" ? `${event.message.name}, again` : event.message.name;
}
