import type { JobRef, Status } from "@statusplane/core";
import type { Sight } from "../history/history-line.ts";

type Seen = Omit<Sight, "watcher" | "sees">;

/** What a client shows, as a line of the history. */
export function sightOf(
  { tenant, kind, id }: JobRef,
  seen: {
    readonly attempt: number;
    readonly version: number;
    readonly status: Status | "UNKNOWN";
    readonly percent: number | null;
    readonly partialResult: unknown;
    readonly result: unknown;
  },
): Seen {
  const { attempt, version, percent } = seen;
  const status = seen.status as Status; // the caller leaves UNKNOWN out
  const marker = markerIn(seen.result) ?? markerIn(seen.partialResult);
  return { what: "saw", tenant, kind, id, attempt, version, status, percent, marker };
}

/** A body of the progress endpoint, as a line of the history. */
export function sightOfBody({ tenant, kind, id }: JobRef, body: Readonly<Record<string, unknown>>): Seen {
  const progress = body["progress"] as { readonly percent?: number } | null | undefined;
  const percent =
    kind === "video" ? (body["encoding_progress"] as number | null) : (progress?.percent ?? null);
  return {
    what: "saw",
    tenant,
    kind,
    id,
    attempt: Number(body["attempt"]),
    version: Number(body["version"]),
    status: body["status"] as Status,
    percent,
    marker: markerIn(body["result"]) ?? markerIn(body["partial_result"]),
  };
}

function markerIn(value: unknown): string | null {
  const marker = typeof value === "object" && value !== null ? (value as { marker?: unknown }).marker : null;
  return typeof marker === "string" ? marker : null;
}
