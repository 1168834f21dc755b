import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { CrashRequests } from "./crash-requests.ts";

const START_AGAIN_MS = 200;
/** Stores may be away while a process starts; one that does not start by then never will. */
const START_WITHIN_MS = 180_000;
const LINES_SHOWN = 5;
/** What a process says that is still there when its time to shut down is over: it ends then, with exit code 1. */
const TIME_IS_OVER = "the shutdown's time is over";

export interface SupervisorOptions {
  readonly fleet: Fleet;
  readonly requests: CrashRequests;
  /** A process ended that nobody had asked to, or did not end as it was asked to. */
  readonly onUnexpected: (what: string) => void;
}

/**
 * Starts every process of a fleet again as soon as it ends, and tells at which crash point it died.
 *
 * ```
 * up ─dies at a crash point | signalled─▶ down ─start()─▶ up
 *                                          └─dies at a crash point while it starts─▶ down
 * ```
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #signalled = new Map<number, NodeJS.Signals>();
  readonly #waiting = new Map<string, () => void>();
  readonly #crashed = new Set<number>();
  readonly #starting = new Set<Promise<void>>();
  #lateShutdowns = 0;
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    for (const slot of options.fleet.slots) void this.#watch(slot);
  }

  /** Processes that took all the time they had to shut down. */
  get lateShutdowns(): number {
    return this.#lateShutdowns;
  }

  /** Waits until an api process, a worker and most of all are up: what is asked of them can then be done. */
  async untilMostAreUp(): Promise<void> {
    const { apis, workers, slots } = this.#options.fleet;
    const areUp = (some: readonly ProcessSlot[]): number => some.filter(({ isUp }) => isUp).length;
    const enough = (): boolean =>
      this.#stopped || (areUp(apis) > 0 && areUp(workers) > 0 && areUp(slots) > slots.length / 2);
    await eventually("most processes are up", enough, START_WITHIN_MS);
  }

  /** Resolves when a process has died at this point. One wait per name. */
  died(name: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }

  /** Ends a process that is up, by a signal; it is started again. One that is ending already is left alone. */
  signal(slot: ProcessSlot, signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = slot.program;
    if (this.#signalled.has(pid)) return;
    this.#signalled.set(pid, signal);
    process.kill(pid, signal);
  }

  /** From now on nothing is started again; resolves when every process is up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#starting);
  }

  async #watch(slot: ProcessSlot): Promise<void> {
    while (!this.#stopped && slot.isUp) {
      const { program } = slot;
      const code = await program.gone;
      if (this.#stopped) return; // the fleet is being closed
      slot.lost();
      this.#judge(slot, { pid: program.pid, code, output: program.output() });
      const starting = this.#start(slot);
      this.#starting.add(starting);
      await starting;
      this.#starting.delete(starting);
    }
  }

  #judge(
    slot: ProcessSlot,
    ended: { readonly pid: number; readonly code: number | null; readonly output: string },
  ): void {
    const { pid, code, output } = ended;
    this.#tellCrashes();
    const crashed = this.#crashed.has(pid);
    const signal = this.#signalled.get(pid);
    this.#signalled.delete(pid);
    const isLate = signal === "SIGTERM" && output.includes(TIME_IS_OVER);
    if (isLate) this.#lateShutdowns += 1;
    const expected = signal === "SIGTERM" && !crashed ? 0 : null;
    if ((crashed || signal !== undefined) && (code === expected || isLate)) return;
    const last = output.split("\n").slice(-LINES_SHOWN).join(" | ");
    const what = `a ${slot.role} process ended with ${code} after ${signal ?? "no signal"}: ${last}`;
    this.#options.onUnexpected(what);
  }

  #tellCrashes(): void {
    for (const { pid, name } of this.#options.requests.takeNew()) {
      this.#crashed.add(pid);
      this.#waiting.get(name)?.();
      this.#waiting.delete(name);
    }
  }

  async #start(slot: ProcessSlot): Promise<void> {
    const deadlineMs = performance.now() + START_WITHIN_MS;
    for (;;) {
      try {
        await slot.start();
        return;
      } catch (error) {
        const crashed = this.#crashed.size;
        this.#tellCrashes();
        if (this.#crashed.size > crashed) continue; // perhaps this one, before it said its address
        if (performance.now() > deadlineMs) {
          this.#options.onUnexpected(`a ${slot.role} process does not start: ${String(error)}`);
          return;
        }
        await sleep(START_AGAIN_MS); // Postgres or Redis is away
      }
    }
  }
}
