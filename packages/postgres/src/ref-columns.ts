import type { JobRef } from "@statusplane/core";

/** Many refs as the three arrays that `unnest` makes rows of. */
export function refColumns(refs: readonly JobRef[]): [string[], string[], string[]] {
  return [refs.map((ref) => ref.tenant), refs.map((ref) => ref.kind), refs.map((ref) => ref.id)];
}
