import { keyInTenant, type StoredSnapshot } from "@statusplane/core";
import { hash } from "node:crypto";

export interface BatchParts {
  /** What was found. */
  readonly snapshots: readonly StoredSnapshot[];
  /** Ids that are not there, as they were asked for. */
  readonly missing: { readonly videos: readonly string[]; readonly jobs: readonly string[] };
  /** Of the active list: how many else, and which job types wait for a worker. */
  readonly active?: { readonly more: number; readonly waiting: ReadonlyMap<string, string> };
}

/**
 * The body of a batch, put together from the stored texts without parsing one; its ETag is a hash of the jobs with
 * their own ETags.
 */
export function batchAnswer({ snapshots, missing, active }: BatchParts): {
  readonly text: string;
  readonly etag: string;
} {
  const members = { video: [] as string[], job: [] as string[] };
  let identity = "";
  for (const { ref, etag, text } of snapshots) {
    members[ref.kind].push(`"${ref.id}":${text}`);
    identity += `${keyInTenant(ref)}=${etag}\n`;
  }
  const rest =
    `"missing":${JSON.stringify(missing)}` +
    (active === undefined
      ? ""
      : `,"more":${active.more},"waiting":${JSON.stringify(Object.fromEntries(active.waiting))}`);
  return {
    text: `{"videos":{${members.video.join(",")}},"jobs":{${members.job.join(",")}},${rest}}`,
    etag: `"b-${hash("sha256", identity + rest, "base64url").slice(0, 22)}"`,
  };
}
