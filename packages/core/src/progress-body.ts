import type { Json } from "./json.ts";
import type { Status } from "./terms.ts";

/* What the progress endpoints answer, as a client parses it (requirements §4). */

interface ProgressBodyBase {
  readonly attempt: number;
  readonly version: number;
  readonly status: Status;
  /** ISO 8601, UTC, milliseconds; null for values of other programs. */
  readonly updated_at: string | null;
  readonly partial_result?: Json;
  readonly retry_at?: string;
  readonly last_error_code?: string;
  readonly try?: number;
  readonly max_tries?: number;
  readonly error_code?: string | null;
  /** false: no record stands behind it, another program's work; else absent. */
  readonly record?: false;
}

/** `GET /media/videos/{id}/progress/`. The `encoding_*` members are null unless PROCESSING. */
export interface VideoProgressBody extends ProgressBodyBase {
  readonly id: string | number;
  readonly encoding_progress: number | null;
  readonly encoding_remaining_seconds: number | null;
  readonly encoding_step_index: number | null;
  readonly encoding_step_total: number | null;
  readonly encoding_step_key: string | null;
  readonly encoding_step_name: string | null;
  readonly encoding_step_percent: number | null;
  readonly hls_path?: string | null;
  readonly duration?: number | null;
  readonly error_reason?: string | null;
}

export interface JobProgressMember {
  readonly percent: number | null;
  readonly remaining_seconds: number | null;
  readonly step_index: number | null;
  readonly step_total: number | null;
  readonly step_key: string | null;
  readonly step_name_display: string | null;
  readonly step_percent: number | null;
}

/** `GET /api/v1/jobs/{job_id}/progress/`. `progress` is null unless PROCESSING. */
export interface JobProgressBody extends ProgressBodyBase {
  readonly job_id: string;
  readonly job_type: string | null;
  readonly progress: JobProgressMember | null;
  readonly error_message?: string | null;
  readonly result?: Json;
  readonly result_bytes?: number;
  /** Named by a result that is a file of its attempt; read it at `result_url`. */
  readonly result_file?: string;
  readonly result_url?: string;
}

/** `GET /api/v1/progress/`. */
export interface BatchProgressBody {
  readonly videos: Readonly<Record<string, VideoProgressBody>>;
  readonly jobs: Readonly<Record<string, JobProgressBody>>;
  readonly missing: { readonly videos: readonly string[]; readonly jobs: readonly string[] };
  /** With `?active=1`: how many live jobs beyond the newest 100. */
  readonly more?: number;
  /** Job types that no worker can run now, with the reason's code. */
  readonly waiting?: Readonly<Record<string, string>>;
}

/** `application/problem+json` (RFC 9457). `detail` is for people, `code` for programs. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}
