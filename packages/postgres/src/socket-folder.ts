import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, realpath, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `sun_path` has 108 bytes on Linux and 104 on macOS, the end included. */
const SOCKET_PATH_MAX_BYTES = 103;
/** The longest name that is put into the folder: `lock-{pid}-{8 hex digits}.sock`. */
const LONGEST_NAME_BYTES = "/lock-4194304-00000000.sock".length;

/**
 * A private folder for the sockets of a data folder, the same for every process that opens it: `run` inside it, or,
 * where its path is too long for a socket, one of the system's temporary folder.
 */
export async function socketFolder(dataDir: string): Promise<string> {
  const real = await realpath(dataDir);
  const inside = join(real, "run");
  const fits = Buffer.byteLength(inside) + LONGEST_NAME_BYTES <= SOCKET_PATH_MAX_BYTES;
  const digest = createHash("sha256").update(real).digest("hex").slice(0, 16);
  const folder = fits ? inside : join(tmpdir(), `statusplane-${digest}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = await lstat(folder);
  const mine = process.getuid === undefined || made.uid === process.getuid();
  if (!made.isDirectory() || !mine || (made.mode & 0o022) !== 0) {
    throw new Error(`${folder} is not a folder that only this user writes to`);
  }
  await chmod(folder, 0o700);
  return folder;
}

/** Leaves nothing of ours in the temporary folder; a folder that another process already uses again stays. */
export async function removeSocketFolder(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
  });
}
