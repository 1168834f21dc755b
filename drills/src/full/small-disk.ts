import { execFile } from "node:child_process";
import { chmod, mkdtemp, open, rm, rmdir, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PIECE = Buffer.alloc(64 * 1024, 1);
const SMALL_PIECE = PIECE.subarray(0, 4_096);

/** A file system of its own, in memory, that can be filled to the last page. */
export class SmallDisk implements AsyncDisposable {
  readonly folder: string;
  readonly #filler: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#filler = join(folder, "filler");
  }

  /** @throws {Error} without the right to mount. */
  static async mount(megabytes: number): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), "statusplane-disk-"));
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "statusplane-drill", folder]);
    } catch (cause) {
      await rmdir(folder);
      const what = "this drill mounts a small tmpfs for each store: run it as root";
      throw new Error(what, { cause });
    }
    await chmod(folder, 0o755); // Postgres runs as another account
    return new SmallDisk(folder);
  }

  /** Takes all that is left, to the last page. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, "a");
    try {
      for (const piece of [PIECE, SMALL_PIECE]) while (await hadRoom(file, piece));
    } finally {
      await file.close();
    }
  }

  /** Gives it back. */
  async free(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  /** Unmounts; what still has a file open there keeps it until it ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ["--lazy", this.folder]);
    await rmdir(this.folder);
  }
}

/** A piece that fits in part fills the rest. */
async function hadRoom(file: FileHandle, piece: Buffer): Promise<boolean> {
  try {
    await file.write(piece);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
