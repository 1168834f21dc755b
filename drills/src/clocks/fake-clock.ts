import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const INSTALL = "sudo apt-get update && sudo apt-get install -y libfaketime";

/** As libfaketime reads them. */
export const JUMPS = ["+1h", "-1h", "+1d", "-1d"] as const;
export type Jump = (typeof JUMPS)[number];

/** The wall clock of single processes, which is set while they run; their monotonic clocks stay true. */
export class FakeClock implements AsyncDisposable {
  readonly #folder: string;
  /** For the processes that go by it. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    // glibc's malloc in front of Redis' jemalloc, which asks for the time before libfaketime can answer
    const preload = `${library} ${join(dirname(dirname(library)), "libc.so.6")}`;
    this.env = {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: join(folder, "offset"),
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1", // its name in older versions
    };
  }

  /** @throws {Error} that says how to install libfaketime. */
  static async open(): Promise<FakeClock> {
    const library = findLibrary();
    if (library === null) throw new Error(`libfaketime is missing: ${INSTALL}`);
    const folder = await mkdtemp(join(tmpdir(), "statusplane-clock-"));
    await chmod(folder, 0o755); // Postgres runs as another account
    const clock = new FakeClock(folder, library);
    await clock.#write("+0");
    return clock;
  }

  /** From the true time. */
  jump(jump: Jump): Promise<void> {
    return this.#write(jump);
  }

  /** Back to the true time: a jump the other way. */
  setRight(): Promise<void> {
    return this.#write("+0");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** In one step: a process that reads half a line would see no offset at all. */
  async #write(offset: string): Promise<void> {
    const path = join(this.#folder, "offset");
    await writeFile(`${path}.new`, `${offset}\n`);
    await rename(`${path}.new`, path);
  }
}

/** Debian's place, whatever the machine. */
function findLibrary(): string | null {
  for (const name of readdirSync("/usr/lib")) {
    const path = join("/usr/lib", name, "faketime/libfaketime.so.1");
    if (existsSync(path)) return path;
  }
  return null;
}
