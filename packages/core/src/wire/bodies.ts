import type { StepWords, Words } from "../job-type.ts";
import type { JsonObject } from "../json.ts";
import type { Kind, Status } from "../terms.ts";

/* Queries and bodies that both kinds of jobs share. What each kind says in words of its own is in first-wire.ts. */

/** Jobs of one request, of one watch token and of the active list, at most. */
export const MAX_REFS = 100;

/** `GET /api/v1/progress/`: ids, comma-separated, `active=1`, or both. */
export interface BatchQuery {
  readonly videos?: string | undefined;
  readonly jobs?: string | undefined;
  readonly active?: "1" | undefined;
}

/** `GET /media/videos/` and `GET /api/v1/jobs/`. */
export interface HistoryQuery {
  /** `next_cursor` of the page before. Default: the newest page. */
  readonly cursor?: string | null | undefined;
  /** 1–100, default 20. */
  readonly limit?: number | undefined;
  readonly status?: Status | undefined;
  /** The submitter's `sub`. */
  readonly created_by?: string | undefined;
  /** Jobs alone: of one job type. */
  readonly job_type?: string | undefined;
}

/** A page of records or of an application's own items, newest first. */
export interface PageBody<Item> {
  readonly items: readonly Item[];
  /** Null: this was the last one. */
  readonly next_cursor: string | null;
}

/** `application/problem+json` (RFC 9457). `detail` is for people, `code` for programs. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** An attempt in a detail. Dates are ISO 8601, UTC, milliseconds. */
export interface AttemptBody {
  readonly attempt: number;
  /** Null: cancelled before it started. */
  readonly started_at: string | null;
  /** Null: it runs. */
  readonly ended_at: string | null;
  /** Null: it runs, or it succeeded. */
  readonly error_code: string | null;
  /** What each step took; null: not known, it runs or its worker was lost. */
  readonly steps: readonly { readonly key: string; readonly seconds: number }[] | null;
}

/** A file that a job declared: at `filePath(id, name)`. */
export interface FileBody {
  readonly name: string;
  readonly bytes: number;
}

/** What the records of both kinds carry under the same names. Dates are ISO 8601, UTC, milliseconds. */
export interface RecordBody {
  readonly title: string | null;
  /** As it was submitted. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly status: Status;
  readonly attempt: number;
  /** Starts of the job's code in this story. */
  readonly tries: number;
  readonly max_tries: number;
  /** The submitter's `sub`. */
  readonly created_by: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly updated_at: string;
  readonly error_code: string | null;
}

/** A job type's own end. */
export interface JobTypeErrorBody {
  readonly code: string;
  /** Whether another try may succeed. */
  readonly retryable: boolean;
  /** Its sentence in Korean. */
  readonly ko: string;
  readonly en: string;
}

/** A job type. */
export interface JobTypeBody {
  readonly job_type: string;
  readonly kind: Kind;
  /** Whether a file belongs to it. */
  readonly input: "file" | "none" | "optional";
  /** What people call it. */
  readonly label: Words;
  /** Its steps in order, and what people call them. */
  readonly steps: readonly StepWords[];
  readonly max_tries: number;
  /** Its own ends, beside those of every job type. */
  readonly errors: readonly JobTypeErrorBody[];
}

/** `GET /api/v1/job-types/`. */
export interface JobTypesBody {
  readonly job_types: readonly JobTypeBody[];
}

/** What every submit may say. A form carries the same members as fields, beside its `file`. */
export interface SubmitBody {
  /** One line, at most 200 characters. Default: the file's name. */
  readonly title?: string | undefined;
  /** Kept and shown with the job: at most 2,048 bytes as JSON. */
  readonly metadata?: JsonObject | null | undefined;
  /** What the job type takes. */
  readonly payload?: unknown;
}

/** `POST /api/v1/jobs/`. */
export interface SubmitJobBody extends SubmitBody {
  readonly job_type: string;
}

/** What a retry answers, beside what names the job: PENDING of an attempt. */
export interface WaitingBody {
  readonly status: "PENDING";
  readonly attempt: number;
  readonly version: 0;
  readonly progress_url: string;
  readonly detail_url: string;
}

/** What a submit answers, beside what names the job. */
export interface SubmittedBody extends WaitingBody {
  /** Reads this job's progress for 15 minutes. */
  readonly watch_token: string;
}

/** What a cancel answers, beside what names the job: its end may be still to come. */
export interface CancelBody {
  readonly status: Status;
  readonly attempt: number;
  readonly cancel_requested: true;
}

/** `POST /api/v1/watch-token/`, its answer. */
export interface WatchTokenBody {
  /** Reads the progress of the named jobs, nothing else. */
  readonly watch_token: string;
  /** ISO 8601: 15 minutes from now. */
  readonly expires_at: string;
}

/** A tenant to look around in, without a password. */
export interface DemoTenantBody {
  readonly tenant: string;
  readonly name: string;
  /** Who may be signed in as there, beside whoever manages it: they watch and play, nothing else. */
  readonly viewers: readonly DemoViewerBody[];
}

/** Somebody to look around as. */
export interface DemoViewerBody {
  /** The sign-in's subject. */
  readonly viewer: string;
  readonly name: string;
}

/** `GET /api/v1/demo/`. */
export interface DemoBody {
  readonly tenants: readonly DemoTenantBody[];
}

/** `POST /api/v1/demo/sign-in/`, its answer. */
export interface DemoSignedInBody {
  readonly tenant: string;
  /** Of whoever is signed in: the viewer's, else the tenant's. */
  readonly name: string;
  readonly token: string;
  /** ISO 8601. */
  readonly expires_at: string;
}
