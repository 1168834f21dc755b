/**
 * `npm run bench -- NAME` runs one bench (or several); each prints ratios against rivals measured in the same run.
 * Without a name it lists them. `--minutes N` is the length of each phase, where a bench has phases of its own length.
 */
import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Of each phase; default: the bench's. */
  readonly minutes: number | null;
}

const BENCHES: Readonly<Record<string, () => Promise<{ run(options: BenchOptions): Promise<void> }>>> = {
  "progress-endpoint": () => import("./progress-endpoint.ts"),
  writes: () => import("./writes.ts"),
  polling: () => import("./polling.ts"),
  import: () => import("./import.ts"),
  "hostile-imports": () => import("./hostile-imports.ts"),
  video: () => import("./video.ts"),
  memory: () => import("./memory.ts"),
  cancel: () => import("./cancel.ts"),
};

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string" } },
});
const minutes = values.minutes === undefined ? null : Number(values.minutes);
if (minutes !== null && !(minutes > 0)) {
  console.error(`--minutes must be a number above 0: ${values.minutes}`);
  process.exit(2);
}
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no bench ${unknown.join(", ")}.`);
  console.error(`npm run bench -- NAME   where NAME is one of: ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
for (const name of names) {
  console.log(`\n## ${name}`);
  await (await BENCHES[name]?.())?.run({ minutes });
}
process.exit(0);
