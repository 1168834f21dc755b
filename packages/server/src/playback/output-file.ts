import { constants } from "node:fs";
import { open, realpath, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A file of an attempt's outputs, opened. Either `stream` or `close` must be called. */
export interface OutputFile {
  readonly bytes: number;
  readonly modifiedAtMs: number;
  /** The content, or the inclusive range of it; closes the file at its end. */
  stream(range?: { readonly start: number; readonly end: number }): Readable;
  close(): Promise<void>;
}

/**
 * Opens a file that lies in the folder itself: no link is followed, neither the file nor a folder on the way, for what
 * wrote them was handling somebody's upload.
 * @param folder absolute, as `RequestFiles.outputFolder` answers it: written without links.
 * @param name already checked against a list of allowed names.
 * @returns null when there is no such regular file.
 */
export async function openOutput(folder: string, name: string): Promise<OutputFile | null> {
  const path = join(folder, name);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile() || (await realpath(path)) !== path) {
      await handle.close();
      return null;
    }
    return outputFile(handle, stat.size, stat.mtimeMs);
  } catch (error) {
    await handle?.close();
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** No file, no folder, a folder that is a file, a link, a name too long, a socket. */
const ABSENT = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO", "EACCES"]);

function outputFile(handle: FileHandle, bytes: number, modifiedAtMs: number): OutputFile {
  return {
    bytes,
    modifiedAtMs,
    stream: (range) => handle.createReadStream(range ?? { start: 0 }),
    close: () => handle.close(),
  };
}
