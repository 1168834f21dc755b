import type { JobType, KnownError, RequestFiles, RequestRecords } from "@statusplane/core";
import type { WatchTokens } from "../auth/index.ts";
import type { JobUrls } from "../job-urls.ts";
import type { AfterCommit } from "./after-commit.ts";

/** What the submit routes are given. */
export interface SubmitOptions {
  readonly records: Pick<RequestRecords, "submit" | "findSubmitted">;
  readonly files: Pick<RequestFiles, "saveInput" | "removeInput">;
  readonly afterCommit: AfterCommit;
  readonly watchTokens: WatchTokens;
  readonly jobTypes: readonly JobType[];
  readonly urls: JobUrls;
  /** Largest file, bytes. */
  readonly uploadMaxBytes: number;
  /** Asked before a body is read, with the declared size of one that has a file: the code it is refused with, or null. */
  readonly acceptsWork: (fileBytes: number | null) => KnownError | null;
}
