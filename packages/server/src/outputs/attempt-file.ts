import type { JobRef, RequestFiles } from "@statusplane/core";
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

/** Which file of which attempt. */
export interface AttemptFile {
  readonly ref: JobRef;
  readonly attempt: number;
  /** Whose it is to be served is the caller's to check. */
  readonly name: string;
}

/**
 * Opens a file that lies in the attempt's folder itself: no name leads out of it, and no link is followed, neither the
 * file nor a folder on the way, for what wrote them was handling somebody's upload.
 * @returns null when there is no such regular file.
 */
export async function openAttemptFile(
  files: Pick<RequestFiles, "outputFolder">,
  { ref, attempt, name }: AttemptFile,
): Promise<OutputFile | null> {
  if (!ONE_SEGMENT.test(name)) return null;
  const path = join(files.outputFolder(ref, attempt), name);
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

/** Neither a way to another folder nor one of the two names of folders. */
const ONE_SEGMENT = /^(?!\.{1,2}$)[^/\\\0]+$/;

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
