import { MESSAGE_POINTS, type MessagePointName } from "@statusplane/academy";
import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashRequests } from "../crash/crash-requests.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { Random } from "../random.ts";

/** A worker that does not pass a point by then does not pass it any more. */
const PASSES_WITHIN_MS = 12_000;
const LEASE_MS = 3_000;
const LONGEST_PAUSE_MS = 8_000;

/** What strikes while messages go out. */
export type MessageFault =
  | { readonly kind: "point"; readonly name: MessagePointName }
  | { readonly kind: "kill" | "terminate" }
  | { readonly kind: "pause"; readonly forMs: number }
  | { readonly kind: "lease" };

const POINTS = Object.keys(MESSAGE_POINTS) as readonly MessagePointName[];

/** Half of all strike at a named point, each point alike; the rest at any moment. */
export function chooseFault(random: Random): MessageFault {
  if (random.chance(0.5)) return { kind: "point", name: random.pick(POINTS) };
  const kind = random.pick(["kill", "kill", "terminate", "pause", "pause", "lease"] as const);
  if (kind !== "pause") return { kind };
  const forMs = random.chance(0.3)
    ? random.between(100, LEASE_MS)
    : random.between(LEASE_MS, LONGEST_PAUSE_MS);
  return { kind, forMs };
}

export interface Striking {
  readonly fleet: Fleet;
  readonly requests: CrashRequests;
  readonly random: Random;
  /** Whether messages still go out. */
  readonly goesOn: () => Promise<boolean>;
}

/** Carries a fault out and has every worker up again. @returns whether it struck. */
export async function strike(fault: MessageFault, striking: Striking): Promise<boolean> {
  switch (fault.kind) {
    case "point":
      return strikeAtPoint(fault.name, striking);
    case "lease":
      return takeLease(striking.fleet);
    case "kill":
    case "terminate":
    case "pause":
      return strikeWorker(fault, striking);
  }
}

async function strikeAtPoint(
  name: MessagePointName,
  { fleet, requests, goesOn }: Striking,
): Promise<boolean> {
  requests.ask(name);
  const deadlineMs = performance.now() + PASSES_WITHIN_MS;
  for (;;) {
    const [crash] = requests.takeNew();
    if (crash !== undefined) {
      await restart(slotOf(fleet, crash.pid));
      return true;
    }
    if (performance.now() > deadlineMs || !(await goesOn())) break;
    await sleep(20);
  }
  requests.withdraw(name);
  const [late] = requests.takeNew();
  if (late === undefined) return false;
  await restart(slotOf(fleet, late.pid));
  return true;
}

function slotOf(fleet: Fleet, pid: number): ProcessSlot {
  const slot = fleet.workers.find((each) => each.isUp && each.program.pid === pid);
  if (slot === undefined) throw new Error(`no worker has the pid ${pid}`);
  return slot;
}

async function restart(slot: ProcessSlot): Promise<void> {
  await slot.program.gone;
  slot.lost();
  await slot.startSupervised();
}

async function strikeWorker(
  fault: Extract<MessageFault, { readonly kind: "kill" | "terminate" | "pause" }>,
  { fleet, random }: Striking,
): Promise<boolean> {
  const slot = random.pick(fleet.workers);
  if (fault.kind === "pause") {
    slot.program.pause();
    await sleep(fault.forMs);
    slot.program.resume();
    return true;
  }
  if (fault.kind === "kill") await slot.kill();
  else await slot.stop();
  await slot.startSupervised();
  return true;
}

/** The sweeper takes running jobs away from workers that are alive. */
async function takeLease({ pool }: Fleet): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE statusplane.job SET lease_until = now() - interval '1 second' WHERE status = 'PROCESSING' AND job_type = 'message_send'`,
  );
  return (rowCount ?? 0) > 0;
}

/** Waits until every worker is up. */
export async function workersAreUp({ workers }: Fleet): Promise<void> {
  await eventually("workers are up", () => workers.every(({ isUp }) => isUp), 60_000);
}
