import { DEFAULT_POLICY } from "@statusplane/core/wire";
import { truncate } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashRequests } from "../crash/crash-requests.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import type { Random } from "../random.ts";
import type { AppendOnlySizes } from "./append-only-sizes.ts";
import { flushedBefore } from "./view-history.ts";

export const FLUSH_POINTS = ["flush.before-write", "flush.after-write", "flush.after-settle"] as const;

type FlushPoint = (typeof FLUSH_POINTS)[number];

/** What strikes while videos are watched. `cut`: the power goes. `late`: a flusher stands still at a point while Redis loses its data. */
export type ViewFault =
  | { readonly kind: "point"; readonly name: FlushPoint }
  | { readonly kind: "late"; readonly name: FlushPoint; readonly forMs: number }
  | { readonly kind: "api" | "leader"; readonly how: "kill" | "stop" | "pause" }
  | { readonly kind: "redis"; readonly how: "kill" | "cut" | "pause" }
  | { readonly kind: "postgres"; readonly how: "kill" | "pause" }
  | { readonly kind: "policy" };

export function chooseViewFault(random: Random): ViewFault {
  const chance = random.next();
  const name = random.pick(FLUSH_POINTS);
  if (chance < 0.3) return { kind: "point", name };
  if (chance < 0.4) return { kind: "late", name, forMs: random.between(0, LONGEST_PAUSE_MS) };
  if (chance < 0.6) return { kind: "redis", how: random.pick(["kill", "cut", "cut", "pause"]) };
  if (chance < 0.7) return { kind: "postgres", how: random.pick(["kill", "pause"]) };
  if (chance < 0.75) return { kind: "policy" };
  return { kind: random.pick(["api", "leader"]), how: random.pick(["kill", "stop", "pause"]) };
}

export interface Striking {
  readonly fleet: Fleet<SingleRedis>;
  readonly requests: CrashRequests;
  readonly random: Random;
  /** Null: Redis keeps nothing over a kill. */
  readonly sizes: AppendOnlySizes | null;
  /** Redis has lost what came after `keptMs`, and was away until `untilMs`. */
  readonly onLoss: (keptMs: number, untilMs: number) => void;
}

const PASSES_WITHIN_MS = 20_000;
/** A write to the append-only file waits at most so long for its fsync. */
const APPEND_WITHIN_MS = 2_000;
/** What a power cut takes of an append-only file that is synced every second. */
const LAST_SECOND_MS = 1_000;
const LONGEST_PAUSE_MS = 3_000;

/** Carries a fault out and has everything up again. @returns whether it struck. */
export async function strikeViews(fault: ViewFault, striking: Striking): Promise<boolean> {
  switch (fault.kind) {
    case "point":
      return strikeAtPoint(fault.name, striking);
    case "late":
      return loseBehindFlusher(fault, striking);
    case "redis":
      return fault.how === "pause"
        ? pauseFor(striking.fleet.statusRedis, striking)
        : killRedis(fault.how, striking);
    case "postgres":
      return strikePostgres(fault.how, striking);
    case "policy":
      return changePolicy(striking);
    case "api":
    case "leader":
      return strikeProcess(fault, striking);
  }
}

async function untilPassed(
  name: string,
  what: "die" | "stop",
  { fleet, requests }: Striking,
): Promise<ProcessSlot | null> {
  requests.ask(name, what);
  const deadlineMs = performance.now() + PASSES_WITHIN_MS;
  for (;;) {
    const isOver = performance.now() > deadlineMs;
    if (isOver) requests.withdraw(name);
    const [crash] = requests.takeNew();
    if (crash !== undefined) return slotOf(fleet, crash.pid);
    if (isOver) return null;
    await sleep(10);
  }
}

function slotOf(fleet: Fleet, pid: number): ProcessSlot {
  const slot = fleet.slots.find((each) => each.isUp && each.program.pid === pid);
  if (slot === undefined) throw new Error(`no process has the pid ${pid}`);
  return slot;
}

async function strikeAtPoint(name: string, striking: Striking): Promise<boolean> {
  const slot = await untilPassed(name, "die", striking);
  if (slot === null) return false;
  await slot.program.gone;
  slot.lost();
  await slot.startSupervised();
  return true;
}

/** What it has read, or written, is of before the loss when it goes on; sometimes it leads no longer by then. */
async function loseBehindFlusher(
  { name, forMs }: Extract<ViewFault, { readonly kind: "late" }>,
  striking: Striking,
): Promise<boolean> {
  const slot = await untilPassed(name, "stop", striking);
  if (slot === null) return false;
  try {
    await killRedis(striking.random.pick(["kill", "cut"]), striking);
    await sleep(forMs);
  } finally {
    slot.program.resume();
  }
  return true;
}

/** `cut`: as when the power goes, the last second of an append-only file is not on the disk. */
async function killRedis(how: "kill" | "cut", { fleet, random, sizes, onLoss }: Striking): Promise<boolean> {
  const { statusRedis, pool } = fleet;
  const killedAtMs = Date.now();
  await statusRedis.kill();
  let appendedMs = 0;
  if (sizes !== null) {
    const cut = how === "cut" ? sizes.at(killedAtMs - LAST_SECOND_MS) : null;
    if (cut !== null) await truncate(cut.path, cut.bytes);
    appendedMs = (cut?.atMs ?? killedAtMs) - APPEND_WITHIN_MS;
  }
  await sleep(random.between(0, 500));
  await statusRedis.start();
  const untilMs = Date.now();
  onLoss(Math.max(appendedMs, await flushedBefore(pool, killedAtMs)), untilMs);
  return true;
}

async function pauseFor(
  what: { pause(): void | Promise<void>; resume(): void | Promise<void> },
  { random }: Striking,
): Promise<boolean> {
  await what.pause();
  await sleep(random.between(100, LONGEST_PAUSE_MS));
  await what.resume();
  return true;
}

async function strikePostgres(how: "kill" | "pause", striking: Striking): Promise<boolean> {
  const { postgres } = striking.fleet;
  if (how === "pause") return pauseFor(postgres, striking);
  await postgres.kill();
  await sleep(striking.random.between(0, 1_000));
  await postgres.start();
  await striking.fleet.databaseAnswers();
  return true;
}

async function strikeProcess(
  { kind, how }: Extract<ViewFault, { readonly kind: "api" | "leader" }>,
  striking: Striking,
): Promise<boolean> {
  const { fleet, requests, random } = striking;
  const leader = requests.leader();
  const slot =
    kind === "api"
      ? random.pick(fleet.apis)
      : fleet.slots.find((each) => each.isUp && each.program.pid === leader);
  if (slot === undefined) return false;
  if (how === "pause") return pauseFor(slot.program, striking);
  if (how === "kill") await slot.kill();
  else await slot.stop();
  await slot.startSupervised();
  return true;
}

/** Less is enough, or more: what was decided stays. */
async function changePolicy({ fleet, random }: Striking): Promise<boolean> {
  return putPolicy(fleet, random.pick([20, 30, 50]));
}

/** As many places and as fast as may be: credit is not what is drilled. */
export async function putPolicy(fleet: Fleet, attendedPercent: number): Promise<boolean> {
  const policy = { ...DEFAULT_POLICY, attended_percent: attendedPercent, max_speed: 4, places: 10 };
  const answer = await fetch(`${fleet.url}/api/v1/views/policy/`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${await fleet.token(VIEWS_TENANT)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(policy),
  });
  await answer.arrayBuffer();
  return answer.ok;
}

export const VIEWS_TENANT = "one";
