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
  const { duration } = JSON.parse(text) as { readonly duration?: unknown };
  return typeof duration === "number" && duration > 0 ? Math.ceil(duration) : 0;
}
