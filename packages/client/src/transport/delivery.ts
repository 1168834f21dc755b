import type { LiveList, StreamEvent } from "@statusplane/core/wire";
import type { WatchRef } from "../watched-job.ts";

/**
 * What a transport tells at once: plain data, the same from each, so that one tab can hand it to the others. Whoever
 * takes it makes the state machine's events of it, in the tab's own language and by its own clock.
 */
export interface Delivery {
  /** Bodies as the progress endpoints answer them. */
  readonly snapshots?: readonly (readonly [ref: WatchRef, body: unknown])[];
  /** What the status store does not know. */
  readonly missing?: readonly WatchRef[];
  /** As before, and the server lives. */
  readonly unchanged?: readonly WatchRef[];
  readonly list?: LiveList;
  /** Of views, as they came. */
  readonly views?: readonly ViewEvent[] | undefined;
  /** The server's clock in Unix ms; null where it was not told. */
  readonly serverNowMs: number | null;
}

/** What a stream tells of a view. */
export type ViewEvent = Extract<StreamEvent, { readonly event: "view" | "view_gone" }>;

/** What a page wants to be told. */
export interface Wanted {
  readonly refs: readonly WatchRef[];
  /** The tenant's live list and its last ends, too. */
  readonly active: boolean;
  /** Videos whose views are told. */
  readonly views: readonly string[];
}

/** Nothing. */
export const NOTHING_WANTED: Wanted = { refs: [], active: false, views: [] };

export function isNothing({ refs, active, views }: Wanted): boolean {
  return refs.length + views.length === 0 && !active;
}
