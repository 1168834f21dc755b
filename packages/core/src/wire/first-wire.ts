import type { JobRef } from "../job-ref.ts";
import type { Progress } from "../snapshot.ts";
import type { Kind, Status } from "../terms.ts";
import { cutTitle } from "../title.ts";
import type { AttemptBody, FileBody, RecordBody } from "./bodies.ts";
import type { LiveListBody, NamesBody } from "./live-list.ts";
import { asMembers, isMembers, textOrNull, type Members } from "./members.ts";

/*
 * The first wire: the contract has two families of jobs, each with words of its own for the same things. They are
 * written and read here and nowhere else: all other code knows a job's id, progress, output and error.
 */

/** What each family calls the parts of progress, in the order in which they are written. */
const PROGRESS = {
  video: {
    percent: "encoding_progress",
    remainingSeconds: "encoding_remaining_seconds",
    stepIndex: "encoding_step_index",
    stepTotal: "encoding_step_total",
    stepKey: "encoding_step_key",
    stepName: "encoding_step_name",
    stepPercent: "encoding_step_percent",
  },
  job: {
    percent: "percent",
    remainingSeconds: "remaining_seconds",
    stepIndex: "step_index",
    stepTotal: "step_total",
    stepKey: "step_key",
    stepName: "step_name_display",
    stepPercent: "step_percent",
  },
} as const;
const ID = { video: "id", job: "job_id" } as const;
const ERROR_MESSAGE = { video: "error_reason", job: "error_message" } as const;
const OUTPUT_PATH = "hls_path";

/** Where the files of a signed attempt are, as routers write it. */
export const OUTPUT_FILE_ROUTE = "/media/hls/:signature/:file";

type ProgressPart = keyof (typeof PROGRESS)["video"];
const PARTS = Object.keys(PROGRESS.video) as readonly ProgressPart[]; // the table's own keys
type WordPart = "stepKey" | "stepName";
type ProgressMembers<K extends Kind> = {
  readonly [Part in ProgressPart as (typeof PROGRESS)[K][Part]]:
    (Part extends WordPart ? string : number) | null;
};

interface ProgressBodyBase {
  readonly attempt: number;
  readonly version: number;
  readonly status: Status;
  /** What people call the job, at most 200 characters; null without one. */
  readonly title: string | null;
  /** ISO 8601, UTC, milliseconds; null for values of other programs. */
  readonly updated_at: string | null;
  readonly partial_result?: unknown;
  readonly retry_at?: string | undefined;
  readonly last_error_code?: string | undefined;
  readonly try?: number | undefined;
  readonly max_tries?: number | undefined;
  readonly error_code?: string | null | undefined;
  /** false: no record stands behind it, another program's work; else absent. */
  readonly record?: false | undefined;
}

/** `GET /media/videos/{id}/progress/`. The `encoding_*` members are null unless PROCESSING. */
export interface VideoProgressBody extends ProgressBodyBase, ProgressMembers<"video"> {
  readonly id: string | number;
  readonly hls_path?: string | null | undefined;
  readonly duration?: number | null | undefined;
  readonly error_reason?: string | null | undefined;
}

/** `GET /api/v1/jobs/{job_id}/progress/`. `progress` is null unless PROCESSING. */
export interface JobProgressBody extends ProgressBodyBase {
  readonly job_id: string;
  readonly job_type: string | null;
  readonly progress: ProgressMembers<"job"> | null;
  readonly error_message?: string | null | undefined;
  readonly result?: unknown;
  readonly result_bytes?: number | undefined;
  /** Named by a result that is a file of its attempt; read it at `result_url`. */
  readonly result_file?: string | undefined;
  readonly result_url?: string | undefined;
  /** What the job declared; absent where it is nothing. */
  readonly files?: readonly FileBody[] | undefined;
}

/** `GET /api/v1/progress/`. */
export interface BatchBody {
  readonly videos: Readonly<Record<string, VideoProgressBody>>;
  readonly jobs: Readonly<Record<string, JobProgressBody>>;
  readonly missing: NamesBody;
  /** With `active=1`, like all that follows. The snapshots of the live ones stand beside those that were asked for by id. */
  readonly live?: LiveListBody["live"] | undefined;
  readonly ended?: LiveListBody["ended"] | undefined;
  readonly more?: LiveListBody["more"] | undefined;
  readonly waiting?: LiveListBody["waiting"] | undefined;
}

/** A video in the history. */
export interface VideoBody extends RecordBody {
  readonly id: string | number;
  /** Identifies the master playlist; what plays is `hls_url`. */
  readonly hls_path: string | null;
  /** Signed, for hours; READY only. */
  readonly hls_url: string | null;
  readonly poster_url: string | null;
  /** Seconds. */
  readonly duration: number | null;
  readonly renditions: unknown;
  readonly size_bytes: number | null;
  readonly error_reason: string | null;
}

/** A job in the history. */
export interface JobBody extends RecordBody {
  readonly job_id: string;
  readonly job_type: string;
  readonly payload: unknown;
  /** Null also for a result too large: then `result_url` has it. */
  readonly result: unknown;
  readonly result_bytes?: number | undefined;
  readonly result_url?: string | undefined;
  /** What the job declared; absent where it is nothing. */
  readonly files?: readonly FileBody[] | undefined;
  readonly error_message: string | null;
  readonly tenant_id: string;
}

/** `GET /media/videos/{id}/`; `attempts` are the newest 50, oldest first. */
export interface VideoDetailBody extends VideoBody {
  readonly attempts: readonly AttemptBody[];
}

/** `GET /api/v1/jobs/{job_id}/`. */
export interface JobDetailBody extends JobBody {
  readonly attempts: readonly AttemptBody[];
}

/** `GET /media/videos/{id}/playback/`. */
export interface PlaybackBody {
  /** The master playlist, signed. */
  readonly hls_url: string;
  readonly poster_url: string | null;
  /** ISO 8601: ask again before. */
  readonly expires_at: string;
  /** Lets a page that is left report what was watched, where no header can be sent. Null: the sign-in names nobody. */
  readonly view_grant: string | null;
}

/** What names a job in an answer: `id` of a video, `job_id` of a job. */
export type IdBody<K extends Kind = Kind> = K extends "video"
  ? { readonly id: string | number }
  : { readonly job_id: string };

const JSON_NUMBER_ID = /^(?:0|[1-9][0-9]{0,14})$/;

/** What names the job in an answer. A video's id of 1–15 digits without leading zero is a number, every other a text. */
export function idMember<K extends Kind>({ kind, id }: { readonly kind: K; readonly id: string }): IdBody<K> {
  const value = kind === "video" && JSON_NUMBER_ID.test(id) ? Number(id) : id;
  return { [ID[kind]]: value } as IdBody<K>; // the table names the member
}

/** The id in an answer; null where it names none. */
export function readId(kind: Kind, body: Members): string | null {
  const id = body[ID[kind]];
  return typeof id === "number" ? String(id) : textOrNull(id);
}

/** The job that an answer names; null where it names none. No family has the other's word for its id. */
export function readNamed(body: Members): Pick<JobRef, "kind" | "id"> | null {
  for (const kind of ["video", "job"] as const) {
    const id = readId(kind, body);
    if (id !== null) return { kind, id };
  }
  return null;
}

/** What names the job in a snapshot: its id, its type (a kind `video` has one and does not say it), and its title. */
export function nameMembers(ref: JobRef, jobType: string | null, title: string | null): Members {
  const called = { title: title === null ? null : cutTitle(title) };
  return ref.kind === "video"
    ? { ...idMember(ref), ...called }
    : { ...idMember(ref), job_type: jobType, ...called };
}

/** What went wrong, in the family's word. */
export function errorMember<K extends Kind>(kind: K, message: string | null) {
  return { [ERROR_MESSAGE[kind]]: message } as {
    readonly [Name in (typeof ERROR_MESSAGE)[K]]: string | null;
  };
}

/** What a snapshot says of an end that has a reason, and a job's also of one that has none: a video without one has no output either. */
export function failureMembers(kind: Kind, message: string | null): Members {
  return kind === "video"
    ? { ...outputMembers(null), ...errorMember(kind, message) }
    : errorMember(kind, message);
}

/** The sentence in an answer that says what went wrong; null where there is none. */
export function readErrorMessage(kind: Kind, body: Members): string | null {
  return textOrNull(body[ERROR_MESSAGE[kind]]);
}

/** What a video that is READY has: where it is, and how long it plays. */
export interface Output {
  /** Identifies it inside the outputs. */
  readonly path: string;
  /** Whole seconds ≥ 0. */
  readonly durationSeconds: number;
}

/** The members of an output; null before it is there. */
export function outputMembers(output: { readonly [Name in keyof Output]: Output[Name] | null } | null) {
  return { [OUTPUT_PATH]: output?.path ?? null, duration: output?.durationSeconds ?? null } as const;
}

/** The parts of an output in an answer, or in a result as a row keeps it, not looked at yet. */
export function readOutputParts(body: Members): Readonly<Record<keyof Output, unknown>> {
  return { path: body[OUTPUT_PATH], durationSeconds: body["duration"] };
}

/** @throws {TypeError} when the result of a video has no `hls_path` and whole `duration`. */
export function assertResultFits(kind: Kind, result: unknown): void {
  if (kind === "job") return;
  const { path, durationSeconds } = readOutputParts(asMembers(result));
  if (textOrNull(path) === null) throw new TypeError(`a video's result needs ${OUTPUT_PATH}`);
  if (typeof durationSeconds !== "number" || !Number.isInteger(durationSeconds) || durationSeconds < 0) {
    throw new TypeError("a video's result needs duration: whole seconds, 0 or more");
  }
}

/** Where an output plays, signed. */
export interface PlayUrls {
  readonly url: string;
  readonly posterUrl: string | null;
}

/** The members that say where an output plays; null where it does not. */
export function playMembers(urls: PlayUrls | null) {
  return { hls_url: urls?.url ?? null, poster_url: urls?.posterUrl ?? null } as const;
}

/** The answer that says where an output plays, and until when (ISO 8601). */
export function playbackBody({
  url,
  posterUrl,
  expiresAt,
  viewGrant = null,
}: PlayUrls & { readonly expiresAt: string; readonly viewGrant?: string | null }): PlaybackBody {
  return { hls_url: url, poster_url: posterUrl, expires_at: expiresAt, view_grant: viewGrant };
}

/** Where an output plays; null where an answer does not say. */
export function readPlayUrls(body: Members): PlayUrls | null {
  const url = textOrNull(body["hls_url"]);
  return url === null ? null : { url, posterUrl: textOrNull(body["poster_url"]) };
}

/** The parts of progress by their neutral names, not looked at yet. */
export type ProgressParts<Value> = Readonly<Record<ProgressPart, Value>>;

/** The parts of a progress; of none, nulls. */
export function progressParts(progress: Progress | null): ProgressParts<string | number | null> {
  const step = progress?.step ?? null;
  return {
    percent: progress?.percent ?? null,
    remainingSeconds: progress?.remainingSeconds ?? null,
    stepIndex: step?.index ?? null,
    stepTotal: step?.total ?? null,
    stepKey: step?.key ?? null,
    stepName: step?.name ?? null,
    stepPercent: step?.percent ?? null,
  };
}

/** The members that tell progress: a video's stand beside the others, a job's in one of their own. */
export function progressMembers<Value>(kind: Kind, parts: ProgressParts<Value> | null): Members {
  if (kind === "video") return named("video", parts);
  return { progress: parts === null ? null : named("job", parts) };
}

/** The progress hash beside a text has a job's words, whatever the kind. */
export function hashMembers<Value extends string | null>(
  parts: ProgressParts<Value>,
): Readonly<Record<ProgressHashField, Value>> {
  return named("job", parts) as Readonly<Record<ProgressHashField, Value>>; // the table's names, each once
}

/** A field of the progress hash. */
export type ProgressHashField = (typeof PROGRESS)["job"][ProgressPart];

function named<Value>(
  kind: Kind,
  parts: ProgressParts<Value> | null,
): Readonly<Record<string, Value | null>> {
  const names = PROGRESS[kind];
  const members: Record<string, Value | null> = {}; // filled in a loop: every write of a worker comes by here
  for (const part of PARTS) members[names[part]] = parts?.[part] ?? null;
  return members;
}

/** The parts of progress in a body. */
export function readProgressParts(kind: Kind, body: Members): ProgressParts<unknown> {
  return partsOf(kind, kind === "video" ? body : asMembers(body["progress"]));
}

/** The parts of progress in a hash. */
export function readHashParts(hash: Readonly<Record<string, string>> | null): ProgressParts<unknown> {
  return partsOf("job", hash ?? {});
}

function partsOf(kind: Kind, members: Members): ProgressParts<unknown> {
  const parts = PARTS.map((part): readonly [string, unknown] => [part, members[PROGRESS[kind][part]]]);
  return Object.fromEntries(parts) as ProgressParts<unknown>; // every part of the table
}

/** A batch's snapshots of a kind, by id; null for what is no batch. */
export function readBatchPart(kind: Kind, body: unknown): Members | null {
  const part = asMembers(body)[kind === "video" ? "videos" : "jobs"];
  return isMembers(part) ? part : null;
}
