import type { JobType, KnownError } from "@statusplane/core";

/** A job type as the submit routes accept it: kind `video` at `/media/videos/`, `job` at `/api/v1/jobs/`. */
export interface AcceptedJobType extends JobType {
  /** Whether a file belongs to it. A retry of `file` needs the file to be still there. */
  readonly input: "file" | "none" | "optional";
  /**
   * A cheap look at the first bytes of the file (4 KiB, or the whole of a smaller one): the error it is refused with,
   * null for what may be right. Default: only an empty file is refused.
   */
  readonly looksRight?: (firstBytes: Uint8Array) => KnownError | null;
}
