import { MESSAGE_POINTS, type MessagePointName } from "@statusplane/academy";
import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashRequests } from "../crash/crash-requests.ts";
import { shuffled } from "../crash/point-rounds.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { Random } from "../random.ts";

/** Messages go out all the time: a point that no worker passes by then is not reached. */
const PASSES_WITHIN_MS = 600_000;
const STARTS_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 20;
const LEASE_MS = 3_000;
const LONGEST_PAUSE_MS = 8_000;

/** What strikes while messages go out. */
export type MessageFault =
  | { readonly kind: "point"; readonly name: MessagePointName; readonly how: "kill" | "stop" }
  | { readonly kind: "kill" | "terminate" | "lease" }
  | { readonly kind: "pause"; readonly forMs: number };

const POINTS = Object.keys(MESSAGE_POINTS) as readonly MessagePointName[];

/** A deck has each point twice, once to die there and once to stand still there; the rest strikes at any moment. */
export const DECK_FAULTS = POINTS.length * 2 + 8;

export function messageDeck(random: Random): readonly MessageFault[] {
  const atPoints = POINTS.flatMap((name) =>
    (["kill", "stop"] as const).map((how): MessageFault => ({ kind: "point", name, how })),
  );
  const atAnyMoment: readonly MessageFault[] = [
    ...[{ kind: "kill" } as const, { kind: "kill" } as const],
    ...[{ kind: "terminate" } as const, { kind: "terminate" } as const],
    ...[{ kind: "lease" } as const, { kind: "lease" } as const],
    { kind: "pause", forMs: random.between(100, LEASE_MS) },
    { kind: "pause", forMs: longPause(random) },
  ];
  return shuffled([...atPoints, ...atAnyMoment], random);
}

/** Longer than the lease: it comes back when its job is another's. */
const longPause = (random: Random): number => random.between(LEASE_MS, LONGEST_PAUSE_MS);

export interface StrikerOptions {
  readonly fleet: Fleet;
  readonly requests: CrashRequests;
  readonly random: Random;
}

/**
 * Strikes workers, one fault after another. What was struck comes back by itself, while the next fault waits for nothing
 * but a worker that is there.
 */
export class Striker {
  readonly #options: StrikerOptions;
  /** Workers that are down or stand still. */
  readonly #away = new Set<ProcessSlot>();
  /** What brings them back. */
  readonly #coming = new Set<Promise<void>>();

  constructor(options: StrikerOptions) {
    this.#options = options;
  }

  /** @returns whether it struck. @throws {Error} where no worker passes the point. */
  async strike(fault: MessageFault): Promise<boolean> {
    const slot = await this.#someWorker();
    switch (fault.kind) {
      case "point":
        await this.#strikeAtPoint(fault);
        return true;
      case "lease":
        return takeLease(this.#options.fleet);
      case "pause":
        slot.program.pause();
        this.#comesBack(slot, resumed(slot.program.pid, fault.forMs));
        return true;
      case "kill":
      case "terminate":
        this.#comesBack(slot, restarted(slot, fault.kind === "kill" ? slot.kill() : slot.stop()));
        return true;
    }
  }

  /** Waits until every worker is up and goes on. @throws what kept one from it */
  async allAreBack(): Promise<void> {
    await Promise.all(this.#coming);
  }

  async #someWorker(): Promise<ProcessSlot> {
    const { fleet, random } = this.#options;
    const there = (): readonly ProcessSlot[] =>
      fleet.workers.filter((slot) => slot.isUp && !this.#away.has(slot));
    await eventually("a worker is up", () => there().length > 0, STARTS_WITHIN_MS);
    return random.pick(there());
  }

  #comesBack(slot: ProcessSlot | null, back: Promise<void>): void {
    if (slot !== null) this.#away.add(slot);
    const coming = back.then(() => {
      if (slot !== null) this.#away.delete(slot);
      this.#coming.delete(coming);
    });
    coming.catch(() => undefined); // allAreBack tells
    this.#coming.add(coming);
  }

  async #strikeAtPoint({ name, how }: Extract<MessageFault, { readonly kind: "point" }>): Promise<void> {
    const { fleet, requests, random } = this.#options;
    requests.ask(name, how === "kill" ? "die" : "stop");
    const deadlineMs = performance.now() + PASSES_WITHIN_MS;
    for (;;) {
      const [struck] = requests.takeNew();
      if (struck !== undefined) {
        const slot = slotOf(fleet, struck.pid);
        if (how === "stop") this.#comesBack(slot, resumed(struck.pid, longPause(random)));
        else if (slot !== null) this.#comesBack(slot, restarted(slot, diedOf(slot)));
        return; // one that died while it started is being started already
      }
      if (performance.now() > deadlineMs) throw new Error(`no worker passed ${name}`);
      await sleep(LOOK_EVERY_MS);
    }
  }
}

/** Null: it is still starting, and works already. */
function slotOf(fleet: Fleet, pid: number): ProcessSlot | null {
  return fleet.workers.find((each) => each.isUp && each.program.pid === pid) ?? null;
}

async function diedOf(slot: ProcessSlot): Promise<void> {
  await slot.program.gone;
  slot.lost();
}

async function restarted(slot: ProcessSlot, ended: Promise<unknown>): Promise<void> {
  await ended;
  await slot.startSupervised();
}

async function resumed(pid: number, afterMs: number): Promise<void> {
  await sleep(afterMs);
  try {
    process.kill(pid, "SIGCONT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it took too long to start, and was ended for that
  }
}

/** The sweeper takes running jobs away from workers that are alive. */
async function takeLease({ pool }: Fleet): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE statusplane.job SET lease_until = now() - interval '1 second' WHERE status = 'PROCESSING' AND job_type = 'message_send'`,
  );
  return (rowCount ?? 0) > 0;
}
