import { fork, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { addCounts } from "./counts.ts";
import type { CrowdCommand, CrowdCounts, CrowdOrder } from "./crowd-words.ts";

const PROCESS = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));
/** One core's worth of watchers beside the product's own processes. */
const PROCESSES = 2;
const TELL_EVERY_MS = 200;

/** Thousands of watchers, in processes of their own so that what they cost is not the drill's. */
export class Crowd implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];
  #stopped: Promise<CrowdCounts> | undefined;

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static start(order: CrowdOrder): Crowd {
    const children = Array.from({ length: PROCESSES }, (_, part) => {
      const child = fork(PROCESS, { execArgv: process.execArgv });
      const watched = order.watched.filter((_watched, n) => n % PROCESSES === part);
      send(child, { command: "watch", order: { ...order, watched } });
      return child;
    });
    return new Crowd(children);
  }

  pollNow(withinMs: number): void {
    for (const child of this.#children) send(child, { command: "poll now", withinMs });
  }

  /** Resolves when what was counted before counts no more. */
  async countAnew(): Promise<void> {
    for (const child of this.#children) send(child, { command: "count anew" });
    await this.counts(); // orders are carried out one after another
  }

  /** What all of them have seen so far. */
  async counts(): Promise<CrowdCounts> {
    return addCounts(await Promise.all(this.#children.map((child) => ask(child, { command: "tell" }))));
  }

  /** Waits until the counts are as wanted. @returns ms; null: not in time. */
  async until(isWanted: (counts: CrowdCounts) => boolean, withinMs: number): Promise<number | null> {
    const startedAtMs = performance.now();
    for (;;) {
      if (isWanted(await this.counts())) return performance.now() - startedAtMs;
      if (performance.now() - startedAtMs > withinMs) return null;
      await sleep(TELL_EVERY_MS);
    }
  }

  /** Ends them. A second call answers what the first one did. */
  stop(): Promise<CrowdCounts> {
    return (this.#stopped ??= this.#stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<CrowdCounts> {
    return addCounts(await Promise.all(this.#children.map((child) => ask(child, { command: "stop" }))));
  }
}

function send(child: ChildProcess, command: CrowdCommand): void {
  child.send(command);
}

/** @throws {Error} when the process ends without an answer. */
function ask(child: ChildProcess, command: CrowdCommand): Promise<CrowdCounts> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a process of the crowd ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (counts) => {
      child.off("exit", ended);
      resolve(counts as CrowdCounts); // only crowd-process.ts sends
    });
    send(child, command);
  });
}
