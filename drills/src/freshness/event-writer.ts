/** A process of its own that writes progress of many jobs at an even pace; each snapshot says when it was born. */
import {
  DEFAULT_TIMINGS,
  encodeSnapshot,
  jobRef,
  type EncodedSnapshot,
  type JobRef,
  type Timings,
} from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { BARE_EVERY, openBareSpeaker } from "./bare-messages.ts";
import { machineUs } from "./event-clock.ts";

/** What the parent asks for. */
export interface WriterOrder {
  readonly url: string;
  readonly events: number;
  readonly perSecond: number;
  readonly jobs: number;
}

/** What the parent is told: the jobs are announced (it then says "go"), or all is written. */
export type WriterWord =
  | { readonly word: "ready" }
  | {
      readonly word: "done";
      /** Writes that were not answered `accepted`. */
      readonly refused: readonly string[];
      readonly seconds: number;
    };

/** On a machine that is busy with something else an answer may come late: that is a figure, not a failure. */
export const PATIENT_TIMINGS: Timings = { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 };

export const EVENT_TENANT = "fresh";

export function eventRefs(jobs: number): JobRef[] {
  return Array.from({ length: jobs }, (_, i) => jobRef(EVENT_TENANT, "job", String(i)));
}

/** Timers are no finer than that. */
const TURN_MS = 1;
const MOST_REFUSED = 20;

async function write({ url, events, perSecond, jobs }: WriterOrder): Promise<void> {
  const store = await openRedisStatusStore({ url, timings: PATIENT_TIMINGS });
  const bare = openBareSpeaker(url);
  const refs = eventRefs(jobs);
  const refused: string[] = [];
  const under = new Set<Promise<void>>();
  const send = (kind: "announce" | "progress" | "finish", snapshot: EncodedSnapshot): void => {
    const note = (what: string): void => void (refused.length < MOST_REFUSED && refused.push(what));
    const sent = store.writer
      .write(kind, snapshot)
      .then(
        ({ answer }) => answer !== "accepted" && note(`${kind} was answered ${answer}: ${snapshot.text}`),
        (error: unknown) => note(`${kind} was not answered: ${String(error)}`),
      )
      .then(() => void under.delete(sent));
    under.add(sent);
  };
  for (const ref of refs) send("announce", progressOf(ref, 1));
  await Promise.all(under);
  await told({ word: "ready" }, "go");
  const startedAtUs = machineUs();
  for (let written = 0; written < events;) {
    const due = Math.min(events, Math.floor(((machineUs() - startedAtUs) * perSecond) / 1_000_000));
    for (; written < due; written++) {
      const ref = refs[written % jobs];
      if (written % BARE_EVERY === 0) bare.say();
      if (ref !== undefined) send("progress", progressOf(ref, 2 + Math.floor(written / jobs)));
    }
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  const seconds = (machineUs() - startedAtUs) / 1_000_000;
  await Promise.all(under);
  for (const ref of refs) send("finish", endOf(ref));
  await Promise.all(under);
  await Promise.all([store.close(), bare.close()]);
  await told({ word: "done", refused, seconds }, "gone");
}

function progressOf(ref: JobRef, version: number): EncodedSnapshot {
  return encodeSnapshot({
    ...baseOf(ref),
    status: "PROCESSING",
    version,
    progress: { percent: Math.min(99, Math.floor(version / 100)), remainingSeconds: null, step: null },
    partialResult: { born_us: machineUs() },
  });
}

function endOf(ref: JobRef): EncodedSnapshot {
  return encodeSnapshot({ ...baseOf(ref), status: "DONE", result: { kind: "inline", value: null } });
}

function baseOf(ref: JobRef): {
  ref: JobRef;
  jobType: string;
  title: null;
  attempt: number;
  updatedAt: string;
} {
  return { ref, jobType: "ocr", title: null, attempt: 1, updatedAt: new Date().toISOString() };
}

/** Says a word and waits for the parent's. */
function told(word: WriterWord, answer: "go" | "gone"): Promise<void> {
  return new Promise((resolve) => {
    process.on("message", (message) => {
      if (message === answer) resolve();
    });
    process.send?.(word);
  });
}

// only as a process of its own: the drill imports names from here
if (process.send !== undefined && process.argv[2] === "write-events") {
  process.once("message", (order: WriterOrder) => {
    write(order).then(
      () => process.disconnect(),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
