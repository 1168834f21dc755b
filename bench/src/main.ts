/**
 * `npm run bench -- NAME` runs one bench (or several); each prints ratios against rivals measured in the same run.
 * Without a name it lists them. `--minutes N` is the length of a watched phase, where a bench has phases of its own length.
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
  "remaining-time": () => import("./remaining-time.ts"),
  fanout: () => import("./fanout.ts"),
  bars: () => import("./bars.ts"),
  ocr: () => import("./ocr.ts"),
  "slow-clients": () => import("./slow-clients.ts"),
  views: () => import("./views.ts"),
};

const { names, minutes } = readArguments(process.argv.slice(2));
for (const name of names) {
  console.log(`\n## ${name}`);
  await (await BENCHES[name]?.())?.run({ minutes });
}
process.exit(0);

function readArguments(args: readonly string[]): { readonly names: readonly string[] } & BenchOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { minutes: { type: "string" } },
    });
    const given = values.minutes === undefined ? null : Number(values.minutes);
    if (given !== null && !(given > 0)) endWithUsage(`--minutes must be a number above 0: ${values.minutes}`);
    const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
    if (unknown.length > 0) endWithUsage(`There is no bench ${unknown.join(", ")}.`);
    if (positionals.length === 0) endWithUsage("Which bench?");
    return { names: positionals, minutes: given };
  } catch (error) {
    endWithUsage(error instanceof Error ? error.message : String(error));
  }
}

function endWithUsage(problem: string): never {
  console.error(problem);
  console.error(
    `npm run bench -- NAME [--minutes N]   where NAME is one of: ${Object.keys(BENCHES).join(", ")}`,
  );
  process.exit(2);
}
