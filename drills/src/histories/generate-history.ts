import { FINAL_VERSION, type Kind, type TerminalStatus } from "@statusplane/core";
import type { Random } from "../random.ts";
import type { History, Step, WriteStep } from "./step.ts";

const ATTEMPTS = 3;
const STORIES = 4;
const REPORTS = 4;
const VERSIONS = 6;
const SHAPES = 12;
const MOST_STEPS = 14;
/** Chances that something else happens between two steps. */
const LOOK = 0.06;
const LOSE = 0.02;
const EXPIRE = 0.02;
const EVICT = 0.02;

/**
 * A history of several workers' stories of one job: late, repeated, reordered, and cut off anywhere as a crash does.
 * Half of them keep each worker's own order and disturb it here and there, half have none at all.
 */
export function generateHistory(random: Random): History {
  const kind: Kind = random.chance(0.5) ? "job" : "video";
  const stories = Array.from({ length: random.between(1, STORIES) }, () => story(random, kind));
  const written = random.chance(0.5) ? interleaved(random, stories) : shuffled(random, stories.flat());
  return { kind, steps: written.flatMap((step) => [step, ...between(random)]) };
}

/** What the writers of one attempt do, until one of them crashes. */
function story(random: Random, kind: Kind): Step[] {
  const attempt = random.between(1, ATTEMPTS);
  const steps: Step[] = [];
  if (random.chance(0.6))
    steps.push(write(random, { do: "announce", status: "PENDING", attempt, version: 0 }));
  let version = 0;
  const reports = random.between(0, REPORTS);
  for (let i = 0; i < reports; i++) {
    // mostly rising; sometimes the same again, or what another writer of the attempt has passed already
    version = random.chance(0.8) ? version + random.between(1, 2) : random.between(1, VERSIONS);
    const announces = i === 0 || random.chance(0.2);
    steps.push(
      write(random, { do: announces ? "announce" : "progress", status: "PROCESSING", attempt, version }),
    );
    if (random.chance(0.1)) steps.push({ do: "cancel", attempt });
  }
  if (random.chance(0.6)) {
    const ends: readonly TerminalStatus[] = [kind === "job" ? "DONE" : "READY", "FAILED", "CANCELLED"];
    steps.push(write(random, { do: "finish", status: random.pick(ends), attempt, version: FINAL_VERSION }));
    if (random.chance(0.15)) steps.push({ do: "restore", attempt, shape: random.between(1, SHAPES) });
  }
  return steps.slice(0, random.between(1, steps.length + 2));
}

function write(random: Random, head: Omit<WriteStep, "shape">): WriteStep {
  return { ...head, shape: random.between(1, SHAPES) };
}

/** Each story in its order, one step of a random one at a time; some steps come late, some twice. */
function interleaved(random: Random, stories: readonly Step[][]): Step[] {
  const left = stories.map((steps) => [...steps]).filter((steps) => steps.length > 0);
  const late: Step[] = [];
  const out: Step[] = [];
  while (left.length > 0 && out.length < MOST_STEPS) {
    const at = random.between(0, left.length - 1);
    const step = left[at]?.shift();
    if (left[at]?.length === 0) left.splice(at, 1);
    if (step === undefined) continue;
    if (random.chance(0.15)) late.push(step);
    else out.push(step);
    if (random.chance(0.1)) late.push(step);
    if (late.length > 0 && random.chance(0.3))
      out.push(...late.splice(random.between(0, late.length - 1), 1));
  }
  return [...out, ...late];
}

function shuffled(random: Random, steps: readonly Step[]): Step[] {
  if (steps.length === 0) return [];
  return Array.from({ length: random.between(1, MOST_STEPS) }, () => random.pick(steps));
}

function between(random: Random): Step[] {
  const chance = random.next();
  if (chance < LOOK) return [{ do: "look" }];
  if (chance < LOOK + LOSE) return [{ do: "lose" }];
  if (chance < LOOK + LOSE + EXPIRE) return [{ do: "expire" }];
  if (chance < LOOK + LOSE + EXPIRE + EVICT) {
    return [{ do: "evict", key: random.pick(["status", "progress", "result"] as const) }, { do: "look" }];
  }
  return [];
}
