import {
  applyTransition,
  FINAL_VERSION,
  isTerminal,
  type SnapshotHead,
  type Status,
  type WriteKind,
} from "@statusplane/core";

/** What lies under the key: attempt 0 is a plain value of old code. */
export interface Held extends SnapshotHead {
  /** Null where the snapshot shows none. */
  readonly percent: number | null;
}

/** What one Python process knows of the job. */
interface Begun {
  attempt: number;
  version: number;
  percent: number;
  isRunning: boolean;
}

const NOT_BEGUN: Begun = { attempt: 0, version: 0, percent: 0, isRunning: false };

/**
 * The sentences that the Python client's documentation promises, over `applyTransition`: one job, some Python processes,
 * a writer of ours that names attempt and version itself, and old code.
 */
export class ReferenceWriters {
  held: Held | null = null;
  readonly #begun: Begun[];

  constructor(processes: number) {
    this.#begun = Array.from({ length: processes }, () => ({ ...NOT_BEGUN }));
  }

  /** A PROCESSING: the attempt that waits, else the next one. */
  start(process: number): boolean {
    const { held } = this;
    const attempt = held?.status === "PENDING" && held.attempt > 0 ? held.attempt : (held?.attempt ?? 0) + 1;
    this.#write("announce", { attempt, version: 1, status: "PROCESSING", percent: 0 });
    this.#begun[process] = { attempt, version: 1, percent: 0, isRunning: true };
    return true;
  }

  /** `percent` null: a sign of life. */
  progress(process: number, percent: number | null): boolean {
    const mine = this.#of(process);
    if (!mine.isRunning) return mine.attempt === 0 && this.#progressOfPresent(percent);
    mine.percent = Math.max(mine.percent, percent ?? 0);
    const { held } = this;
    const endedByOldCode = held?.attempt === 0 && isTerminal(held.status);
    const isOver = held?.attempt === mine.attempt && isTerminal(held.status);
    if (endedByOldCode || isOver || (held !== null && held.attempt > mine.attempt)) {
      mine.isRunning = false;
      return false;
    }
    if (held?.attempt === mine.attempt && held.version > mine.version) {
      mine.version = held.version;
      mine.percent = Math.max(mine.percent, held.percent ?? 0);
    }
    mine.version++;
    const kind = held?.attempt === mine.attempt ? "progress" : "announce";
    return this.#write(kind, { ...mine, status: "PROCESSING" });
  }

  /** The end of the attempt that the process began, else of the one that is there. */
  finish(process: number, status: Status): boolean {
    const mine = this.#of(process);
    const attempt = mine.attempt > 0 ? mine.attempt : Math.max(1, this.held?.attempt ?? 0);
    mine.isRunning = false;
    return this.#write("finish", { attempt, version: FINAL_VERSION, status, percent: null });
  }

  /** A PENDING: the same wait once more, or a new story; a running one is put back by its process alone. */
  wait(process: number): boolean {
    const { held } = this;
    const mine = this.#of(process);
    if (held?.status === "PROCESSING" && !(mine.isRunning && held.attempt === mine.attempt)) return false;
    const attempt = held?.status === "PENDING" && held.attempt > 0 ? held.attempt : (held?.attempt ?? 0) + 1;
    this.#write("announce", { attempt, version: 0, status: "PENDING", percent: null });
    mine.isRunning = false;
    return true;
  }

  /** A write that names its attempt and version: what the script answers. */
  write(kind: WriteKind, write: Held): string {
    const { answer, effect } = applyTransition(this.held, kind, write);
    if (effect === "replace") this.held = write;
    return answer;
  }

  /** Old code's SET; null: the key is lost. */
  overwrite(status: Status | null): void {
    this.held =
      status === null
        ? null
        : { attempt: 0, version: isTerminal(status) ? FINAL_VERSION : 0, status, percent: null };
  }

  #progressOfPresent(percent: number | null): boolean {
    const { held } = this;
    if (held === null || held.attempt === 0 || isTerminal(held.status)) return false;
    if (percent === null && held.status === "PENDING") return false;
    const known = [percent, held.percent].filter((each) => each !== null);
    return this.#write("progress", {
      attempt: held.attempt,
      version: held.version + 1,
      status: "PROCESSING",
      percent: known.length === 0 ? null : Math.max(...known),
    });
  }

  #write(kind: WriteKind, { attempt, version, status, percent }: Held): boolean {
    return ["accepted", "duplicate"].includes(this.write(kind, { attempt, version, status, percent }));
  }

  #of(process: number): Begun {
    return this.#begun[process] ?? { ...NOT_BEGUN };
  }
}
