import { keyInTenant, type StoredSnapshot } from "@statusplane/core";
import type { LiveListBody, NamesBody } from "@statusplane/core/wire";
import { hash } from "node:crypto";

export interface BatchParts {
  /** What was found. */
  readonly snapshots: readonly StoredSnapshot[];
  /** Ids that are not there, as they were asked for. */
  readonly missing: NamesBody;
  /** The tenant's lists; null where nobody asked for them. */
  readonly lists: LiveListBody | null;
}

/**
 * The body of a batch, put together from the stored texts without parsing one; its ETag is a hash of the jobs with
 * their own ETags, and of the lists.
 */
export function batchAnswer({ snapshots, missing, lists }: BatchParts): {
  readonly text: string;
  readonly etag: string;
} {
  const members = { video: [] as string[], job: [] as string[] };
  let identity = "";
  for (const { ref, etag, text } of snapshots) {
    members[ref.kind].push(`"${ref.id}":${text}`);
    identity += `${keyInTenant(ref)}=${etag}\n`;
  }
  const rest = JSON.stringify({ missing, ...lists }).slice(1);
  return {
    text: `{"videos":{${members.video.join(",")}},"jobs":{${members.job.join(",")}},${rest}`,
    etag: `"b-${hash("sha256", identity + rest, "base64url").slice(0, 22)}"`,
  };
}
