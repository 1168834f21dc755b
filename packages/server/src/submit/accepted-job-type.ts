import type { ErrorCode, Json, Kind } from "@statusplane/core";

/** A job type as the submit routes accept it. */
export interface AcceptedJobType {
  /** `video_hls`, `excel_import`, … */
  readonly type: string;
  /** `video`: submitted at `/media/videos/`; `job`: at `/api/v1/jobs/`. */
  readonly kind: Kind;
  /** Whether a file belongs to it. A retry of `file` needs the file to be still there. */
  readonly input: "file" | "none" | "optional";
  /**
   * A cheap look at the first bytes of the file (4 KiB, or the whole of a smaller one): the code it is refused with,
   * null for what may be right. Default: only an empty file is refused.
   */
  readonly looksRight?: (firstBytes: Uint8Array) => ErrorCode | null;
  /**
   * Checks and completes the payload. Default: as it came, `{}` without one.
   * @throws {invalid_payload} as a StatusplaneError.
   */
  readonly parsePayload?: (payload: Json) => Json;
}
