import { MAX_VIEW_SECONDS } from "@statusplane/core/wire";
import { jobRef, type JobRef, type StatusReader, type StoredSnapshot } from "@statusplane/core";

/** What the status store says of videos: whole seconds, 0: it cannot be played, null: the store knows nothing of it. */
export async function lengthsOf(
  reader: Pick<StatusReader, "readMany">,
  tenant: string,
  videos: readonly string[],
): Promise<readonly (number | null)[]> {
  const refs: readonly JobRef[] = videos.map((video) => jobRef(tenant, "video", video));
  return (await reader.readMany(refs)).map((snapshot) => (snapshot === null ? null : lengthOf(snapshot)));
}

function lengthOf({ status, text }: StoredSnapshot): number {
  if (status !== "READY") return 0;
  try {
    return wholeLength((JSON.parse(text) as { readonly duration?: unknown }).duration);
  } catch {
    return 0; // a text that only begins like one of ours
  }
}

/** A duration as whole seconds, at most a day; 0 for what is none: other programs write durations, too. */
export function wholeLength(duration: unknown): number {
  const isLength = typeof duration === "number" && duration > 0;
  return isLength ? Math.min(MAX_VIEW_SECONDS, Math.ceil(duration)) : 0;
}
