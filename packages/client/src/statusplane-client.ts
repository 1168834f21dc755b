/// <reference lib="esnext.disposable" preserve="true" />
// so that the declarations compile in a project with an older lib, too
import type { JsonObject, Kind, Status } from "@statusplane/core";
import type {
  DetailedJob,
  JobTypeInfo,
  Page,
  Playback,
  RecordedJob,
  SubmittedJob,
} from "@statusplane/core/wire";
import type { ActiveList } from "./active-jobs.ts";
import type { ClientError } from "./client-error.ts";
import type { Environment } from "./environment.ts";
import type { ClientTimings } from "./transport/client-timings.ts";
import type { WatchedJob, WatchRef } from "./watched-job.ts";

/** What the client needs of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A job's record as an application tells it, in the words of the detail endpoints. */
export interface OwnDetail {
  /** PENDING, PROCESSING, READY, DONE, FAILED, CANCELLED; any other word is shown as it is and counts as live. */
  readonly status: string;
  readonly [member: string]: unknown;
}

/**
 * Who is asked for a job's record. False: nobody. A text: the application at this base URL, which serves the paths of
 * the detail endpoints and is sent the token. A function: answers null for a job that does not exist; what it throws
 * is no answer and is asked again with backoff.
 */
export type DetailOption = false | string | ((ref: WatchRef) => Promise<OwnDetail | null>);

/**
 * How news comes. `auto`: by WebSocket, else by Server-Sent Events, else by polling, whichever works; back on a stream
 * within two minutes after it works again. The poll stands behind each: it asks for whatever a stream does not tell.
 */
export type Transport = "auto" | "websocket" | "sse" | "poll";

/**
 * How news comes now. `connecting`: nothing has been answered yet. `live`: it is pushed. `polling`: it is asked for.
 * `offline`: the server does not answer. `signed_out`: it answers that nobody is signed in. `closed`: the client is.
 */
export type ConnectionStatus = "connecting" | "live" | "polling" | "offline" | "signed_out" | "closed";

/** What a client that only watches takes. */
export interface WatcherOptions {
  /** Before every path, without a slash at its end. Default "": the page's own origin. */
  readonly baseUrl?: string;
  /**
   * Asked before every request, and before a stream's token ends; null: nobody is signed in. Always of the same person:
   * a client is for one sign-in, and the next person's page makes another.
   */
  readonly getToken: () => string | null | Promise<string | null>;
  /** Default `auto`. */
  readonly transport?: Transport;
  /**
   * Whether somebody wants to hear of live work while the page is hidden: a title, a notification. False: nothing is
   * asked and nothing told until the page is seen again. Default: true.
   */
  readonly whileHidden?: () => boolean;
  /** Intervals, in ms. Default: as designed; a test shortens them. */
  readonly timings?: Partial<ClientTimings>;
  /** Default: the browser's. */
  readonly fetch?: Fetch;
  /** Clock, timers, random, visibility. Default: the browser's. */
  readonly environment?: Environment;
  /** Called once per streak of 401 answers. */
  readonly onUnauthenticated?: () => void;
  /** Called once per streak of failed polls. Default: `console.warn`. */
  readonly onError?: (error: ClientError) => void;
  /** Language of the server's sentences. Default: as {@link browserLanguage} says. */
  readonly language?: () => "ko" | "en";
}

/** What {@link createClient} takes. */
export interface ClientOptions extends WatcherOptions {
  /**
   * Who is asked for a job's record, where the server that answers the polls keeps none (role `progress`). Asked at
   * most once per job, attempt and tab when the status store does not know the job, and once after its completion.
   * Default: the server at `baseUrl`.
   */
  readonly detail?: DetailOption;
}

/** What {@link StatusplaneWatcher.wait} takes. */
export interface WaitOptions {
  /** How long to wait, in ms. Default: without end. */
  readonly timeoutMs?: number;
  /** Ends the wait; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a submit was answered. */
export interface Submitted extends SubmittedJob {
  readonly attempt: number;
  readonly version: number;
}

/** What every submit takes. */
export interface UploadOptions {
  /** Shown for the job. Default: the file's name. */
  readonly title?: string;
  /** Kept and shown with the job: at most 2,048 bytes as JSON. Default: none. */
  readonly metadata?: JsonObject;
  /** 0–1 of the bytes sent. */
  readonly onUploadProgress?: (fraction: number) => void;
  /** Aborts the upload; the submit then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The same key again gives the same job. Default: a fresh one for each call. */
  readonly idempotencyKey?: string;
}

/** What {@link StatusplaneClient.submitVideo} takes. */
export type SubmitVideoOptions = UploadOptions;

/** What {@link StatusplaneClient.submitJob} takes. */
export interface SubmitJobOptions extends UploadOptions {
  /** A JSON value, as the job type wants it. Default: none. */
  readonly payload?: unknown;
  /** Default: none. */
  readonly file?: File;
}

/** The list of live jobs. */
export interface ActiveAnswer {
  /** Live jobs, at most 100. */
  readonly refs: readonly WatchRef[];
  /** How many live jobs there are else. */
  readonly more: number;
  /** Job types that no worker can run now → the reason's code. */
  readonly waiting: Readonly<Record<string, string>>;
}

/** Which page of history. */
export interface HistoryOptions {
  /** `nextCursor` of the page before. Default: the newest. */
  readonly cursor?: string | null;
  readonly status?: Status;
  readonly jobType?: string;
  /** The submitter's `sub`. */
  readonly createdBy?: string;
}

/** As for `fetch`. */
export interface RequestOptions extends Omit<RequestInit, "headers"> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the answer's head, in ms. Default 10,000; 0: none. */
  readonly deadlineMs?: number;
}

/** One per tab: watches jobs, whatever the transport. */
export interface JobWatcher {
  /**
   * Watches a job until the answer is called; counted, so each call has its own end. The listener is called at the
   * next turn with what is known, then at every change.
   *
   * @example
   * const stop = client.watch({ kind: "job", id: "import-1" }, (job) => {
   *   show(job.status, job.percent);
   *   if (isEnded(job)) stop();
   * });
   */
  watch(ref: WatchRef, listener?: (job: WatchedJob) => void): () => void;
  get(ref: WatchRef): WatchedJob | undefined;
  /** Called after every change of {@link getSnapshot}, of the live list and of {@link connectionStatus}. */
  subscribe(listener: () => void): () => void;
  /** All known jobs by `kind:id`; the same object while nothing changed. */
  getSnapshot(): ReadonlyMap<string, WatchedJob>;
  /** How news comes now. */
  readonly connectionStatus: ConnectionStatus;
  readonly environment: Environment;
  /** As the `language` option says now. */
  readonly language: "ko" | "en";
  /** Ends every stream, poll, timer and request. A second close does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

/** A watcher with all that concerns the jobs it watches. */
export interface StatusplaneWatcher extends JobWatcher {
  /**
   * Ends with the job's terminal snapshot.
   * @throws {ClientError} `gone`: there is no such job; `wait_timeout`; `client_closed`
   *
   * @example
   * const job = await client.wait({ kind: "job", id: "import-1" }, { timeoutMs: 600_000 });
   * show(isSuccess(job) ? job.result : job.errorMessage);
   */
  wait(ref: WatchRef, options?: WaitOptions): Promise<WatchedJob>;
  /** Wants the tenant's live list, as it changes, until the answer is called; counted. */
  watchActive(): () => void;
  /** The live list while somebody wants it; the same object while nothing changed. */
  getActive(): ActiveList;
  /** Asks the list of live jobs (status store only), and takes their snapshots. @throws {ClientError} */
  loadActive(): Promise<ActiveAnswer>;
  /** Job types that no worker can run now, as last told; the same object while nothing changed. */
  waiting(): Readonly<Record<string, string>>;
  /** Asks for the job's end and polls at once. @throws {ClientError} `already_finished`, `no_record` */
  cancel(ref: WatchRef): Promise<void>;
  /** Asks for a new attempt and polls at once. @throws {ClientError} `not_retryable`, `input_gone`, `no_record` */
  retry(ref: WatchRef): Promise<void>;
}

/** A watcher that speaks the rest of the server's HTTP interface, too. */
export interface StatusplaneClient extends StatusplaneWatcher {
  /** @throws {ClientError} */
  submitVideo(file: File, options?: SubmitVideoOptions): Promise<Submitted>;
  /**
   * Hands a job in; it is shown at once, before its first poll.
   * @throws {ClientError}
   *
   * @example
   * const { ref } = await client.submitJob("report", {
   *   payload: { month: "2026-03" },
   *   file,
   *   onUploadProgress: (fraction) => show(Math.round(fraction * 100)),
   * });
   * client.watch(ref, (job) => show(job.percent));
   */
  submitJob(jobType: string, options?: SubmitJobOptions): Promise<Submitted>;
  /**
   * Has a finished job removed, everywhere: record, snapshot, result and files. Whoever watches it here is told what a
   * poll tells of an unknown one. @throws {ClientError} `not_finished`, `record_not_found`
   */
  remove(ref: WatchRef): Promise<void>;
  /** The record from the database: for a person who asks. @throws {ClientError} `no_record` and the server's */
  detail(ref: WatchRef): Promise<DetailedJob>;
  /**
   * The record after completion, as it was answered: asked at most once per job, attempt and tab, after a random 0–2 s, however many
   * call. Null when that one request had no answer: the terminal snapshot says everything.
   * @throws {ClientError} `client_closed`
   */
  detailOnce(ref: WatchRef): Promise<unknown>;
  /** The job types, and how each may end: asked once, then remembered. @throws {ClientError} */
  jobTypes(): Promise<readonly JobTypeInfo[]>;
  /** @throws {ClientError} */
  history(kind: Kind, options?: HistoryOptions): Promise<Page<RecordedJob>>;
  /** @throws {ClientError} `not_playable`, `no_record` */
  playback(videoId: string): Promise<Playback>;
  /**
   * A signed request to the server.
   * @throws {ClientError} for every answer but 2xx, and for none.
   */
  request(path: string, options?: RequestOptions): Promise<Response>;
  /**
   * Reads an endpoint of the application's own, as JSON.
   * @param check makes null of what it does not understand.
   * @throws {ClientError} also `unexpected_answer`
   */
  read<T>(path: string, check: (body: unknown) => T | null): Promise<T>;
}
