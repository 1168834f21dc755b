import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const EVERY_MS = 100;
const KEPT = 60;

interface Size {
  readonly atMs: number;
  readonly path: string;
  readonly bytes: number;
}

/** How long the append-only file of a Redis was, moment by moment: where it is cut when the power goes. */
export class AppendOnlySizes implements Disposable {
  readonly #folder: string;
  readonly #timer: NodeJS.Timeout;
  #sizes: Size[] = [];

  constructor(folder: string) {
    this.#folder = join(folder, "appendonlydir");
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  /** The last one looked at by then; null: there is none, or the file is another one now. */
  at(atMs: number): Size | null {
    const last = this.#sizes.at(-1);
    const found = this.#sizes.findLast((size) => size.atMs <= atMs);
    return found?.path === last?.path ? (found ?? null) : null;
  }

  async #look(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []); // it does not write yet
    const name = names
      .filter((each) => each.endsWith(".incr.aof"))
      .sort()
      .at(-1);
    if (name === undefined) return;
    const path = join(this.#folder, name);
    const atMs = Date.now(); // before the look: whatever was written by then is in it
    const size = await stat(path).catch(() => null);
    if (size === null) return;
    this.#sizes = [...this.#sizes.slice(-KEPT), { atMs, path, bytes: size.size }];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
