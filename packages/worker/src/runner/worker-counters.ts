import type { Status, WriteAnswer } from "@statusplane/core";

/** What a worker counted since it started; a metrics page reads it. */
export interface WorkerCounts {
  claimed: number;
  /** Deliveries whose job was terminal, running elsewhere or unknown. */
  duplicateDeliveries: number;
  givenBack: number;
  /** Status writes by answer: `stale`, `fenced`, `finished`, `absent` are refusals. */
  readonly writes: Record<WriteAnswer, number>;
  /** Status writes without an answer. */
  writesFailed: number;
  /** Looks at the row because the store had lost a running job's snapshot. */
  looks: number;
  /** Attempts whose lease was lost or fenced off. */
  lost: number;
  handedBack: number;
  failedTries: number;
  /** Committed ends by status. */
  readonly ended: Partial<Record<Status, number>>;
  /** COMMITs whose fate had to be read from the row. */
  unknownCommits: number;
}

/** All at zero. */
export function newWorkerCounts(): WorkerCounts {
  return {
    claimed: 0,
    duplicateDeliveries: 0,
    givenBack: 0,
    writes: { accepted: 0, duplicate: 0, stale: 0, fenced: 0, finished: 0, absent: 0 },
    writesFailed: 0,
    looks: 0,
    lost: 0,
    handedBack: 0,
    failedTries: 0,
    ended: {},
    unknownCommits: 0,
  };
}
