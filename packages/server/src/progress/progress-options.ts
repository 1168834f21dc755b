import type { StatusReader, StoredSnapshot } from "@statusplane/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { JobUrls } from "../job-urls.ts";
import type { PollCounts } from "./poll-counts.ts";

/** What an answer that may wait is about. */
export interface Waiting {
  /** What is there now. */
  readonly snapshot: StoredSnapshot;
  /** Answers with this one. Called once, at most. */
  readonly answer: (newest: StoredSnapshot) => void;
}

/** Has a request wait for news if it wants to. @returns whether it does; false: answer it now. */
export type WaitForNews = (request: FastifyRequest, reply: FastifyReply, waiting: Waiting) => boolean;

/** What progress routes are given. Of storage only a reader of the status store: no poll can cost a statement. */
export interface ProgressOptions {
  readonly reader: StatusReader;
  /** Job types whose workers may be missing, told in `waiting` of the active list. */
  readonly jobTypes: readonly string[];
  readonly counts: PollCounts;
  readonly urls: JobUrls;
  /** For requests that prefer to wait. Default: none does. */
  readonly waitForNews?: WaitForNews | undefined;
  /** Asks watchers for slower polls: `Poll-After-Ms`, in ms; null: their own schedule. Default: null. */
  readonly pollAfterMs?: () => number | null;
}
