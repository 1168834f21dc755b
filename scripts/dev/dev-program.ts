import type { ProgramBundle } from "./program-bundle.ts";
import { ProgramChild } from "./program-child.ts";

export interface DevProgramOptions {
  readonly bundle: ProgramBundle;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/**
 * The program that is being worked on. One process runs, the next one waits with its libraries loaded:
 * `starting → running → starting …`, and `starting | running → down` when it ends by itself; a change leads from any of
 * them to `starting`. `#replace` alone changes it.
 */
export class DevProgram {
  readonly #options: DevProgramOptions;
  #current: ProgramChild | null = null;
  #waiting: ProgramChild | null = null;
  #turn: Promise<boolean> = Promise.resolve(false);
  #isAsked = false;
  #isEnding = false;

  constructor(options: DevProgramOptions) {
    this.#options = options;
  }

  /** True once what was changed last runs; false when it does not start. */
  get settled(): Promise<boolean> {
    return this.#turn;
  }

  /** Starts it, or starts it anew. What is asked for while that happens is one more start. */
  restart(): Promise<boolean> {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#turn = this.#turn.then(() => this.#replace());
    }
    return this.#turn;
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([this.#current?.end(), this.#waiting?.end()]);
    await this.#turn;
    await Promise.all([this.#current?.end(), this.#waiting?.end()]); // what a last start left
  }

  async #replace(): Promise<boolean> {
    this.#isAsked = false;
    if (this.#isEnding) return false;
    const { say } = this.#options;
    const last = this.#current;
    this.#current = null;
    const ended = last?.end(); // it has the database's lock
    const answers = (await this.#isMade()) && (await this.#start(ended));
    await ended;
    if (this.#isEnding) return false;
    if (!answers) say("the program does not run; it is started again when its source changes");
    this.#waiting ??= this.#make(); // now, when it is in nobody's way
    return answers;
  }

  async #start(lastEnded: Promise<void> | undefined): Promise<boolean> {
    const next = this.#waiting ?? this.#make();
    this.#waiting = null;
    this.#current = next;
    next.tell("load");
    await lastEnded;
    next.tell("run");
    return next.answers;
  }

  async #isMade(): Promise<boolean> {
    const wrong = await this.#options.bundle.make();
    for (const line of wrong) this.#options.say(line);
    return wrong.length === 0;
  }

  #make(): ProgramChild {
    const child = new ProgramChild(this.#options.bundle.processFile, this.#options.env);
    void child.gone.then(async () => {
      const ran = this.#current === child && (await child.answers);
      if (ran && !this.#isEnding)
        this.#options.say("the program has ended; it is started again when its source changes");
    });
    return child;
  }
}
