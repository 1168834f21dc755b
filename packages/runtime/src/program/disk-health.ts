import { statfs } from "node:fs/promises";
import type { ErrorCode } from "@statusplane/core";
import type { Risk } from "./risks.ts";

const LOOK_EVERY_MS = 10_000;
/** While there is little room, looks come so many times as often: what is freed is used as soon as it is there. */
const SOONER = 5;

export interface DiskHealthOptions {
  /** Where files go, by what they are. May lie on disks of their own. */
  readonly folders: Readonly<Record<string, string>>;
  /** `MIN_FREE_BYTES`; 0: room is never asked for. */
  readonly minFreeBytes: number;
  /** A pino logger fits. */
  readonly log: { warn(details: object, message: string): void };
  /** Between two looks, ms. Default 10,000. */
  readonly lookEveryMs?: number;
  /** Free bytes where a folder is. Default: asks the system. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/**
 * How much room there is for files: looked at every 10 s (every 2 s while it is little), so that submits, `/readyz` and
 * `/metrics` answer from memory. Little room is warned of once when it is first seen, and again when it comes back.
 */
export class DiskHealth {
  readonly #options: DiskHealthOptions;
  readonly #free = new Map<string, number>();
  #warned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DiskHealthOptions) {
    this.#options = options;
  }

  /** Looks once, and then goes on looking. */
  async start(): Promise<void> {
    await this.#look();
    let passed = 0;
    this.#timer = setInterval(
      () => {
        passed += 1;
        if (passed < SOONER && this.risks.length === 0) return;
        passed = 0;
        void this.#look();
      },
      (this.#options.lookEveryMs ?? LOOK_EVERY_MS) / SOONER,
    );
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Free bytes at the last look, by what the folder is for. */
  get free(): ReadonlyMap<string, number> {
    return this.#free;
  }

  get risks(): readonly Risk[] {
    const { minFreeBytes, folders } = this.#options;
    const low = [...this.#free].filter(([, bytes]) => bytes < minFreeBytes);
    if (low.length === 0) return [];
    const where = low.map(([what, bytes]) => `${folders[what] ?? what} has ${bytes} bytes free`).join(", ");
    return [
      {
        code: "disk_low",
        problem: `MIN_FREE_BYTES: ${where} of ${minFreeBytes}; files are refused until there is room`,
      },
    ];
  }

  /**
   * The code that a file is refused with, null when there is room.
   * @param bytes of the file, as far as they are known; 0 else.
   */
  refusesFile(bytes: number): ErrorCode | null {
    const { minFreeBytes } = this.#options;
    if (minFreeBytes === 0) return null;
    return [...this.#free.values()].some((free) => free - bytes < minFreeBytes) ? "storage_full" : null;
  }

  /** Never rejects: of a folder that cannot be looked at, whoever writes to it says more. */
  async #look(): Promise<void> {
    const { folders, log, freeBytes = askSystem } = this.#options;
    for (const [what, folder] of Object.entries(folders)) {
      try {
        this.#free.set(what, await freeBytes(folder));
      } catch {
        this.#free.delete(what);
      }
    }
    const [risk] = this.risks;
    if (risk !== undefined && !this.#warned) log.warn({ risk: risk.code }, risk.problem);
    this.#warned = risk !== undefined;
  }
}

/** What this account may still write, which can be less than what is free. */
async function askSystem(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
