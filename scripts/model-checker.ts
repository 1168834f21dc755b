/** Has spin check properties of `docs/model/status.pml`: generates the verifier, compiles it, runs it, reads its answer. */
import { findProgram } from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ModelCheck, Search } from "./model-checks.ts";

const run = promisify(execFile);
const MODEL = "status.pml";
/** No search may take longer, on whatever machine: the longest is two minutes of one core. */
const SEARCH_TIMEOUT_MS = 4 * 3_600_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;
/** Compiler and verifier arguments. A search that would exceed its MiB of memory stops, and is no answer. */
const HOW: Readonly<
  Record<Search, { readonly compile: readonly string[]; readonly run: readonly string[] }>
> = {
  breadth: { compile: ["-O0", "-DSAFETY", "-DBFS", "-DMEMLIM=1000"], run: [] },
  depth: { compile: ["-O1", "-DSAFETY", "-DMEMLIM=1000"], run: ["-w24"] },
  large: { compile: ["-O2", "-DSAFETY", "-DMEMLIM=7000"], run: ["-w27"] },
  fair: { compile: ["-O1", "-DNFAIR=3", "-DMEMLIM=3000"], run: ["-a", "-f", "-w24"] },
};
const MAX_DEPTH = "-m1000000";
/** Many properties in one: spin translates these slowly, so the model has them only with a switch. */
const TOGETHER: ReadonlySet<string> = new Set(["safe", "all"]);
/** What says that not everything was searched. */
const INCOMPLETE = /max search depth too small|truncated|out of memory|reached -DMEMLIM/;

export interface Verdict {
  /** `holds`, `VIOLATED`, or why there is no answer. */
  readonly outcome: string;
  readonly states: number;
  readonly seconds: number;
  /** The steps that violate the property, one a line, where asked for. */
  readonly trace: string | null;
}

/** What is missing on this machine, null when nothing is. */
export function missingForModel(): string | null {
  const missing = ["spin", "gcc"].filter((program) => findProgram(program) === null);
  if (missing.length === 0) return null;
  return `${missing.join(" and ")} not found. Debian: apt-get install spin gcc libc6-dev; Homebrew: brew install spin`;
}

/** Compiles each variant once, in a folder of its own that goes with it. Checks may run at the same time. */
export class ModelChecker implements AsyncDisposable {
  readonly #model: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "statusplane-model-"));
  readonly #built = new Map<string, Promise<string>>();

  /** @param model the path of `status.pml`. */
  constructor(model: string) {
    this.#model = model;
  }

  /** @throws {Error} when the variant cannot be generated or compiled. */
  async check({ search, switches, property }: ModelCheck, withTrace = false): Promise<Verdict> {
    const allSwitches = TOGETHER.has(property) ? [...switches, "-DTOGETHER"] : switches;
    const key = [search, ...allSwitches].join(" ");
    const building = this.#built.get(key) ?? this.#build(search, allSwitches);
    this.#built.set(key, building);
    const folder = await building;
    const startedAtMs = performance.now();
    const output = await verify(folder, [...HOW[search].run, MAX_DEPTH, "-N", property]);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const states = Number(/(\d+) states, stored/.exec(output)?.[1] ?? 0);
    const outcome = outcomeOf(output);
    const trace = withTrace && outcome === "VIOLATED" ? await replay(folder, property) : null;
    return { outcome, states, seconds, trace };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#built.values());
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #build(search: Search, switches: readonly string[]): Promise<string> {
    const folder = join(this.#folder, String(this.#built.size));
    mkdirSync(folder);
    copyFileSync(this.#model, join(folder, MODEL)); // traces are written beside the model
    await run("spin", ["-a", ...switches, MODEL], { cwd: folder, maxBuffer: OUTPUT_MAX_BYTES });
    const common = ["-DVECTORSZ=1024", "-DCOLLAPSE", "-o", "pan", "pan.c"];
    await run("gcc", [...HOW[search].compile, ...common], { cwd: folder, maxBuffer: OUTPUT_MAX_BYTES });
    return folder;
  }
}

/** The verifier's output, also of one that was stopped. */
async function verify(folder: string, args: readonly string[]): Promise<string> {
  const options = { cwd: folder, timeout: SEARCH_TIMEOUT_MS, maxBuffer: OUTPUT_MAX_BYTES };
  try {
    return (await run(join(folder, "pan"), args, options)).stdout;
  } catch (error) {
    const { stdout = "", message = "" } = error as { readonly stdout?: string; readonly message?: string };
    return `${stdout}\n${message}`; // killed, or an exit code: the output says what it found, or nothing
  }
}

function outcomeOf(output: string): string {
  const errors = /errors: (\d+)/.exec(output)?.[1];
  if (errors === undefined) return `no answer: ${output.trim().split("\n").at(-1) ?? "no output"}`;
  const verdict = errors === "0" ? "holds" : "VIOLATED";
  return INCOMPLETE.test(output) ? `${verdict} (incomplete)` : verdict;
}

async function replay(folder: string, property: string): Promise<string> {
  const output = await verify(folder, ["-r", "-N", property]);
  const steps = output.split("\n").filter((line) => /proc +\d+ /.test(line));
  return steps.filter((line) => !/invalid|local vars/.test(line)).join("\n");
}
