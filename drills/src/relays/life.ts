/** What befalls a process at one of its awaits. */
export interface LifeFault {
  /** `port.method`, e.g. `records.markApplied`. */
  readonly point: string;
  /** At the so manieth call of it, from 1. */
  readonly call: number;
  /** Before the call is sent, or when its answer has come and nothing followed from it. */
  readonly when: "before" | "after";
  /** Death: nothing of this process happens any more. Stop: nothing until it is continued, as by SIGSTOP. */
  readonly what: "death" | "stop";
}

/**
 * The life of a process that shares this one: whatever its ports do passes through here.
 *
 * ```
 * running ─stop─▶ stopped ─resume()─▶ running
 *    └─death─▶ dead: every call fails, and so does every answer that comes later
 * ```
 */
export class Life {
  #phase: "running" | "stopped" | "dead" = "running";
  #fault: LifeFault | null = null;
  #calls = 0;
  #hit: string | null = null;
  #resumed: Promise<void> = Promise.resolve();
  #resume: () => void = () => undefined;

  /** Whether, and where, the fault has struck. */
  get hit(): string | null {
    return this.#hit;
  }

  get isDead(): boolean {
    return this.#phase === "dead";
  }

  arm(fault: LifeFault): void {
    this.#fault = fault;
    this.#calls = 0;
    this.#hit = null;
  }

  disarm(): void {
    this.#fault = null;
  }

  resume(): void {
    if (this.#phase === "stopped") this.#phase = "running";
    this.#resume();
  }

  /** Makes a port's call, if the process lives. */
  async pass<T>(point: string, call: () => Promise<T>): Promise<T> {
    await this.#untilRunning();
    const fault = this.#dueAt(point);
    if (fault?.when === "before") await this.#strike(fault);
    const answer = await call();
    if (fault?.when === "after") await this.#strike(fault);
    await this.#untilRunning();
    return answer;
  }

  #dueAt(point: string): LifeFault | null {
    const fault = this.#fault;
    if (fault === null || fault.point !== point || ++this.#calls < fault.call) return null;
    this.#fault = null;
    this.#hit = `${fault.point} ${fault.when}`;
    return fault;
  }

  async #strike({ what }: LifeFault): Promise<void> {
    if (what === "death") this.#phase = "dead";
    else {
      this.#phase = "stopped";
      this.#resumed = new Promise((resolve) => {
        this.#resume = resolve;
      });
    }
    await this.#untilRunning();
  }

  async #untilRunning(): Promise<void> {
    while (this.#phase === "stopped") await this.#resumed;
    if (this.#phase === "dead") throw new Error("this process is dead");
  }
}

/** A port whose every call passes through a life. */
export function livingBy<Port extends object>(life: Life, name: string, port: Port): Port {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      const call = (...args: unknown[]): Promise<unknown> =>
        Reflect.apply(member, target, args) as Promise<unknown>; // every method of a port is async
      return (...args: unknown[]) => life.pass(`${name}.${String(key)}`, () => call(...args));
    },
  });
}
