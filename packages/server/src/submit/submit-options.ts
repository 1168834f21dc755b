import type { ErrorCode, RequestFiles, RequestRecords } from "@statusplane/core";
import type { WatchTokens } from "../auth/index.ts";
import type { AcceptedJobType } from "./accepted-job-type.ts";
import type { AfterCommit } from "./after-commit.ts";

/** What the submit routes are given. */
export interface SubmitOptions {
  readonly records: Pick<RequestRecords, "submit">;
  readonly files: Pick<RequestFiles, "saveInput" | "removeInput">;
  readonly afterCommit: AfterCommit;
  readonly watchTokens: WatchTokens;
  readonly jobTypes: readonly AcceptedJobType[];
  /** Largest file, bytes. */
  readonly uploadMaxBytes: number;
  /** Asked before a body is read: the code that new work is refused with, null when there is room. */
  readonly acceptsWork: () => ErrorCode | null;
}
