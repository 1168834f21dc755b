import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** The program's own address, which is nobody's business: the page's is the one to open. */
const ADDRESS = /\b(?:listening|is) at http:/;
const ANNOUNCED = /\bStatusplane is at http:/;
/** Its own bound is 25 s; a developer's jobs are handed back at once. */
const END_MS = 10_000;

/** One process of the program, from its start in waiting to its end. Its lines go to stderr, but for its address. */
export class ProgramChild {
  readonly #child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  /** True once it has said its address, false when it is gone instead. */
  readonly answers: Promise<boolean>;

  /** @param file of the bundle: see `ProgramBundle.processFile`. */
  constructor(file: string, env: NodeJS.ProcessEnv) {
    // A group of its own: Ctrl-C reaches it through whoever started it, once.
    const child = spawn(process.execPath, ["--enable-source-maps", file], {
      ...{ env, detached: true, stdio: ["ignore", "inherit", "pipe", "ipc"] },
    });
    this.#child = child;
    this.gone = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    this.answers = new Promise((resolve) => {
      void this.gone.then(() => resolve(false));
      if (child.stderr === null) return;
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (!ADDRESS.test(line)) process.stderr.write(`${line}\n`);
        if (ANNOUNCED.test(line)) resolve(true);
      });
    });
  }

  /** `load` reads the source as it is now, `run` starts it. One that is gone is told nothing. */
  tell(what: "load" | "run"): void {
    if (this.#child.connected) this.#child.send(what);
  }

  /** Ends it in order, and after 10 s at once. */
  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_MS);
    await this.gone;
    clearTimeout(timer);
  }
}
