import { FINAL_VERSION, refKey, type JobRef, type StoredSnapshot } from "@statusplane/core";
import type { Violation } from "../drill.ts";
import { machineUs } from "./event-clock.ts";

interface PollAnswer {
  readonly at: number;
  readonly version: number;
  readonly askedAtUs: number;
}

const BORN = /"born_us":(\d+)/;
const MOST_VIOLATIONS = 20;

export interface WatchedEventsOptions {
  readonly refs: readonly JobRef[];
  /** Versions of one job at most. */
  readonly versions: number;
}

/** What a subscriber was told of many jobs and when, and what a poller read meanwhile. */
export class WatchedEvents {
  readonly #refs: readonly JobRef[];
  readonly #versions: number;
  readonly #indexes: ReadonlyMap<string, number>;
  /** Each job's newest version that was told. */
  readonly #last: Float64Array;
  /** When a version of a job was born, µs; 0: not told. */
  readonly #born: Float64Array;
  readonly #agesUs: number[] = [];
  readonly #polls: PollAnswer[] = [];
  readonly #violations: Violation[] = [];

  constructor({ refs, versions }: WatchedEventsOptions) {
    this.#refs = refs;
    this.#versions = versions;
    this.#indexes = new Map(refs.map((ref, i) => [refKey(ref), i]));
    this.#last = new Float64Array(refs.length);
    this.#born = new Float64Array(refs.length * versions);
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** Every snapshot that was told. */
  get told(): number {
    return this.#agesUs.length;
  }

  /** Between birth and the listener's call, ms, without order. */
  get agesMs(): readonly number[] {
    return this.#agesUs.map((us) => us / 1_000);
  }

  hear({ ref, version, text }: Pick<StoredSnapshot, "ref" | "version" | "text">): void {
    const nowUs = machineUs();
    const at = this.#indexes.get(refKey(ref)) ?? -1;
    const before = this.#last[at] ?? Number.NaN;
    if (!(version > before)) this.#add({ invariant: "I6", what: `after version ${before} was told ${text}` });
    this.#last[at] = version;
    const bornUs = Number(BORN.exec(text)?.[1] ?? Number.NaN);
    if (version === FINAL_VERSION) return;
    this.#born[at * this.#versions + version] = bornUs;
    this.#agesUs.push(nowUs - bornUs);
  }

  /** What a poll asked at `askedAtUs` was answered, in the order of the refs. */
  polled(answers: readonly (StoredSnapshot | null)[], askedAtUs: number): void {
    for (const [at, answer] of answers.entries()) {
      if (answer !== null) this.#polls.push({ at, version: answer.version, askedAtUs });
    }
  }

  /** Whether each job's end was told. */
  get complete(): boolean {
    return this.#last.every((version) => version === FINAL_VERSION);
  }

  /** Jobs whose end nobody was told. */
  endsMissing(): readonly Violation[] {
    return this.#refs.flatMap((ref, at) =>
      this.#last[at] === FINAL_VERSION
        ? []
        : [
            {
              invariant: "I4" as const,
              what: `${refKey(ref)}: the end was not told, last ${this.#last[at]}`,
            },
          ],
    );
  }

  /**
   * For how long a newer version had been born when a poll was asked that did not show it, ms; 0 where there was none.
   * So it is the age of an answer beyond the poll's interval.
   */
  pollAgesMs(): readonly number[] {
    return this.#polls.map(({ at, version, askedAtUs }) => {
      const nextBornUs =
        version + 1 < this.#versions ? (this.#born[at * this.#versions + version + 1] ?? 0) : 0;
      return nextBornUs === 0 ? 0 : Math.max(0, askedAtUs - nextBornUs) / 1_000;
    });
  }

  #add(violation: Violation): void {
    if (this.#violations.length < MOST_VIOLATIONS) this.#violations.push(violation);
  }
}

/** The value that a share of all does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
