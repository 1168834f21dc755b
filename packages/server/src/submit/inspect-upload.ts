import { StatusplaneError, type KnownError } from "@statusplane/core";
import type { Hash } from "node:crypto";

/** As much of a file as a cheap look may see. */
export const FIRST_BYTES = 4_096;

export interface InspectOptions {
  /** Looks at the first bytes before anything is kept; its error refuses the file. */
  readonly look: (firstBytes: Uint8Array) => KnownError | null;
  /** Fed with every byte, where an Idempotency-Key asks for it. */
  readonly hash: Hash | null;
}

/**
 * Passes an upload through, refusing it at its first bytes where these tell enough: a wrong file of 4 GiB is refused
 * after 4 KiB.
 * @throws {file_empty} for a file without a byte, or what `look` says.
 */
export async function* inspectUpload(
  content: AsyncIterable<Uint8Array>,
  { look, hash }: InspectOptions,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] | null = [];
  let heldBytes = 0;
  for await (const chunk of content) {
    hash?.update(chunk);
    if (held === null) {
      yield chunk;
      continue;
    }
    held.push(chunk);
    heldBytes += chunk.byteLength;
    if (heldBytes < FIRST_BYTES) continue;
    yield firstLook(held, look);
    held = null;
  }
  if (held !== null) yield firstLook(held, look);
}

function firstLook(held: readonly Uint8Array[], look: InspectOptions["look"]): Uint8Array {
  const bytes = Buffer.concat(held);
  if (bytes.byteLength === 0) throw new StatusplaneError("file_empty");
  const refusal = look(bytes.subarray(0, FIRST_BYTES));
  if (refusal !== null) throw new StatusplaneError(refusal);
  return bytes;
}
