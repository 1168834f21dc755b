import type { Random } from "../random.ts";
import type { LifeFault } from "./life.ts";

/** What an entry of the outbox passes through. */
const ENTRY_POINTS = [
  "records.tick",
  "records.take",
  "records.markApplied",
  "records.deleteApplied",
  "writer.write",
  "queue.enqueue",
] as const;
/** Everything else that a reconciler awaits. */
const OTHER_POINTS = [
  "installation.ping",
  "installation.readBeat",
  "installation.beat",
  "installation.readSentinels",
  "installation.writeSentinels",
  "queue.readSentinels",
  "queue.writeSentinels",
  "records.sweep",
  "records.enqueueLost",
] as const;
/** Only a loss of data leads there. */
const AFTER_A_LOSS: readonly string[] = ["records.enqueueLost", "records.take"];

/** What is done to the lease row. */
export const THEFTS = ["by nobody", "by the other", "given up"] as const;

/** What goes wrong in one round. */
export interface RoundFaults {
  /** One per relay; null: this one is spared. */
  readonly lives: readonly (LifeFault | null)[];
  readonly theft: (typeof THEFTS)[number] | null;
  readonly emptiesStatus: boolean;
  readonly emptiesQueue: boolean;
}

/** Something goes wrong in every round. */
export function chooseFaults(random: Random, relays: number): RoundFaults {
  const lives = Array.from({ length: relays }, () => (random.chance(0.7) ? chooseLifeFault(random) : null));
  const afterLoss = lives.some((fault) => fault !== null && AFTER_A_LOSS.includes(fault.point));
  const faults = {
    lives,
    theft: random.chance(0.4) ? random.pick(THEFTS) : null,
    emptiesStatus: afterLoss || random.chance(0.15),
    emptiesQueue: random.chance(0.1),
  };
  const nothing = !faults.emptiesStatus && !faults.emptiesQueue && lives.every((fault) => fault === null);
  return nothing && faults.theft === null ? { ...faults, theft: random.pick(THEFTS) } : faults;
}

function chooseLifeFault(random: Random): LifeFault {
  return {
    point: random.chance(0.6) ? random.pick(ENTRY_POINTS) : random.pick(OTHER_POINTS),
    call: random.between(1, 4),
    when: random.pick(["before", "after"] as const),
    what: random.pick(["death", "stop"] as const),
  };
}
