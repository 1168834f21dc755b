import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Violation } from "../drill.ts";
import type { WorkerLine } from "../program/worker-log.ts";

/** I9, by what a fleet's workers wrote down: the code of an attempt, with all its side effects, begins once. */
export async function checkBeginnings(fleetFolder: string): Promise<Violation[]> {
  const folder = join(fleetFolder, "logs");
  const begun = new Map<string, number>();
  for (const name of await readdir(folder)) {
    if (!name.startsWith("worker.")) continue;
    for (const line of (await readFile(join(folder, name), "utf8")).split("\n")) {
      if (line === "") continue;
      const { what, tenant, id, attempt } = JSON.parse(line) as WorkerLine; // the drills' own lines
      if (what !== "began") continue;
      const key = `${tenant}.${id}.${attempt}`;
      begun.set(key, (begun.get(key) ?? 0) + 1);
    }
  }
  const twice = [...begun].filter(([, times]) => times > 1);
  return twice.map(([key, times]) => ({ invariant: "I9", what: `${key} began ${times} times` }));
}
