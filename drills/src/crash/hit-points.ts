import type { CrashPointName } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import { isOfTheLeader, SCENARIOS } from "./scenarios.ts";
import { Scene, type Stage } from "./scene.ts";

const LANES = 4;
/** A point that no process has passed by then is not reached. */
const REACHED_WITHIN_MS = 120_000;
const AGAIN_MS = 100;

/**
 * Has a process die at each of these points, four at a time: one lane for what only the leading reconciler passes, three for
 * the others; a lane whose own points are done helps out. @returns those that no process passed in time.
 */
export async function hitPoints(
  stage: Stage,
  names: readonly CrashPointName[],
): Promise<readonly CrashPointName[]> {
  const ofTheLeader = names.filter((name) => isOfTheLeader(name));
  const others = names.filter((name) => !isOfTheLeader(name));
  const unreached: CrashPointName[] = [];
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      const [mine, theirs] = lane === 0 ? [ofTheLeader, others] : [others, ofTheLeader];
      for (
        let name = mine.shift() ?? theirs.shift();
        name !== undefined;
        name = mine.shift() ?? theirs.shift()
      ) {
        if (!(await hitPoint(stage, name))) unreached.push(name);
      }
    }),
  );
  return unreached;
}

async function hitPoint(stage: Stage, name: CrashPointName): Promise<boolean> {
  const hit = new AbortController();
  const died = stage.supervisor.died(name).then(() => hit.abort());
  const scene = new Scene(stage, hit.signal);
  await stage.supervisor.untilMostAreUp();
  const deadlineMs = performance.now() + REACHED_WITHIN_MS;
  stage.requests.ask(name);
  while (!hit.signal.aborted && performance.now() < deadlineMs) {
    await SCENARIOS[name](scene).catch(() => undefined); // the process that was asked has died, or another lane's fault hit it
    await Promise.race([died, sleep(AGAIN_MS)]);
  }
  stage.requests.withdraw(name);
  return hit.signal.aborted;
}
