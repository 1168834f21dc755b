import { startProgram, type ProgramOptions, type RunningProgram } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SUPERVISED_MS = 300_000;
const RESTART_MS = 500;

/** The built product with the drills' job type. */
const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Exit codes of a process that was not killed: what an operator would look into. */
export interface UnexpectedEnd {
  readonly role: string;
  readonly code: number | null;
  readonly output: string;
}

/**
 * One process of the fleet, with a place of its own that outlives it.
 *
 * ```
 * down ─start()─▶ up ─kill()─▶ down
 *                 up ─pause()─▶ paused ─resume()─▶ up
 *                 up ─stop() (SIGTERM)─▶ down
 * ```
 */
export class ProcessSlot {
  readonly role: NonNullable<ProgramOptions["role"]>;
  readonly #env: Readonly<Record<string, string>>;
  #program: RunningProgram | null = null;
  #starts = 0;

  constructor(role: NonNullable<ProgramOptions["role"]>, env: Readonly<Record<string, string>>) {
    this.role = role;
    this.#env = env;
  }

  get starts(): number {
    return this.#starts;
  }

  get isUp(): boolean {
    return this.#program !== null;
  }

  /** @throws {Error} while it is down. */
  get program(): RunningProgram {
    if (this.#program === null) throw new Error(`this ${this.role} process is down`);
    return this.#program;
  }

  /** @param env beside its own settings, for this start alone. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<RunningProgram> {
    this.#starts += 1;
    const options = { role: this.role, program: PROGRAM, env: { ...this.#env, ...env } };
    const program = await startProgram(options);
    this.#program = program;
    return program;
  }

  /** Starts it again and again until it stays, as a supervisor does: a store may be away just now. @throws after five minutes. */
  async startSupervised(): Promise<RunningProgram> {
    const deadlineMs = performance.now() + SUPERVISED_MS;
    for (;;) {
      try {
        return await this.start();
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await sleep(RESTART_MS);
      }
    }
  }

  async kill(): Promise<void> {
    const { program } = this;
    this.#program = null;
    await program.kill();
  }

  /** SIGTERM. @returns the exit code, 0 for an orderly end. */
  async stop(): Promise<number | null> {
    const { program } = this;
    this.#program = null;
    return program.stop();
  }

  /** It died by itself, at a crash point: its place is free. */
  lost(): void {
    this.#program = null;
  }
}
