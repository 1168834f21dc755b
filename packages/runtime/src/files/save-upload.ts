import { open } from "node:fs/promises";
import { StatusplaneError, type SavedInput } from "@statusplane/core";

const FIRST_BYTES = 4_096;

export interface Upload {
  readonly content: AsyncIterable<Uint8Array>;
  /** Greatest size, bytes. */
  readonly maxBytes: number;
}

/**
 * Streams an upload into a new file and makes it durable. On any error what was written so far stays: the caller
 * removes it.
 * @throws {file_too_large} as soon as `maxBytes` are exceeded; whatever the content or the disk throws.
 */
export async function saveUpload(path: string, { content, maxBytes }: Upload): Promise<SavedInput> {
  const file = await open(path, "wx", 0o600);
  try {
    let bytes = 0;
    const first = Buffer.alloc(FIRST_BYTES);
    for await (const chunk of content) {
      if (bytes + chunk.byteLength > maxBytes) {
        throw new StatusplaneError("file_too_large", { detail: `at most ${maxBytes} bytes` });
      }
      if (bytes < FIRST_BYTES) first.set(chunk.subarray(0, FIRST_BYTES - bytes), bytes);
      let written = 0;
      while (written < chunk.byteLength) {
        written += (await file.write(chunk, written, chunk.byteLength - written)).bytesWritten;
      }
      bytes += chunk.byteLength;
    }
    await file.sync();
    return { bytes, firstBytes: first.subarray(0, Math.min(bytes, FIRST_BYTES)) };
  } finally {
    await file.close();
  }
}
