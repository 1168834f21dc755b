import type { JobRef } from "../job-ref.ts";
import { parseHead } from "../snapshot-text.ts";
import type { StoredSnapshot } from "../status-store-ports.ts";
import { snapshotEtag, type SnapshotHead } from "../snapshot-order.ts";

/** A text of ours as readers get it: head read off, text passed through. Null when another program wrote it. */
export function storedSnapshot(ref: JobRef, text: string): StoredSnapshot | null {
  const head = parseHead(text);
  return head === null ? null : snapshotWithHead(ref, head, text);
}

/** A text whose head is known already. */
export function snapshotWithHead(ref: JobRef, head: SnapshotHead, text: string): StoredSnapshot {
  const { attempt, version, status } = head;
  return { ref, attempt, version, status, text, etag: snapshotEtag(head) };
}
