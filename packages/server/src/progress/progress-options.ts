import type { StatusReader } from "@statusplane/core";
import type { JobUrls } from "../job-urls.ts";
import type { PollCounts } from "./poll-counts.ts";

/** What progress routes are given. Of storage only a reader of the status store: no poll can cost a statement. */
export interface ProgressOptions {
  readonly reader: StatusReader;
  /** Job types whose workers may be missing, told in `waiting` of the active list. */
  readonly jobTypes: readonly string[];
  readonly counts: PollCounts;
  readonly urls: JobUrls;
  /** Asks watchers for slower polls: `Poll-After-Ms`, in ms; null: their own schedule. Default: null. */
  readonly pollAfterMs?: () => number | null;
}
