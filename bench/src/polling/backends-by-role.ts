import { postgresCpuSeconds, postgresProcesses, readProcess } from "../postgres-cpu.ts";

/** A backend lives 20 s: what it uses after the last look at it is at most this share of that. */
const LOOK_EVERY_MS = 500;

interface Backend {
  readonly role: string;
  readonly beforeSeconds: number;
  readonly isNew: boolean;
  seconds: number;
}

/** What the backends of one role did within a phase. */
export interface RoleUsage {
  readonly cpuSeconds: number;
  /** Connections made. */
  readonly connections: number;
}

/** What Postgres did within a phase. */
export interface PostgresUsage {
  readonly minutes: number;
  /** Postmaster, background processes and every backend, also of those that ended meanwhile. */
  readonly cpuSeconds: number;
  readonly roles: ReadonlyMap<string, RoleUsage>;
}

interface Look {
  readonly atMs: number;
  readonly cpuSeconds: number;
}

/**
 * Looks at a Postgres' backends twice a second, from outside it: whose CPU it was, and how many connections were made.
 * The role stands in the title that Postgres gives a backend ("postgres: ROLE DATABASE ADDRESS STATE").
 */
export class BackendsByRole {
  readonly #postmaster: number;
  readonly #backends = new Map<string, Backend>();
  #first: Look = { atMs: 0, cpuSeconds: 0 };
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(postmaster: number) {
    this.#postmaster = postmaster;
  }

  async start(): Promise<void> {
    this.#first = await this.#look(false);
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(async () => void (await this.#look(true)));
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<PostgresUsage> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
    const last = await this.#look(true);
    const roles = new Map<string, RoleUsage>();
    for (const { role, beforeSeconds, seconds, isNew } of this.#backends.values()) {
      const { cpuSeconds = 0, connections = 0 } = roles.get(role) ?? {};
      roles.set(role, {
        cpuSeconds: cpuSeconds + seconds - beforeSeconds,
        connections: connections + (isNew ? 1 : 0),
      });
    }
    return {
      minutes: (last.atMs - this.#first.atMs) / 60_000,
      cpuSeconds: last.cpuSeconds - this.#first.cpuSeconds,
      roles,
    };
  }

  async #look(isNew: boolean): Promise<Look> {
    const processes = await postgresProcesses(this.#postmaster);
    const look = { atMs: performance.now(), cpuSeconds: postgresCpuSeconds(processes, this.#postmaster) };
    for (const { pid, startTicks, ownSeconds } of processes) {
      if (pid === this.#postmaster) continue;
      const role = /^postgres: (\S+) \S+ \S+\(\d+\)/.exec((await readProcess(pid, "cmdline")) ?? "")?.[1];
      if (role === undefined) continue; // a background process, or a backend that has just begun
      const known = this.#backends.get(`${pid} ${startTicks}`);
      if (known !== undefined) known.seconds = ownSeconds;
      else {
        const beforeSeconds = isNew ? 0 : ownSeconds;
        this.#backends.set(`${pid} ${startTicks}`, { role, beforeSeconds, isNew, seconds: ownSeconds });
      }
    }
    return look;
  }
}
