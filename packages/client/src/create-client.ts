import type { Kind } from "@statusplane/core";
import {
  asMembers,
  detailPath,
  historyPath,
  listPath,
  playbackPath,
  readDetail,
  readPage,
  readPlayback,
  readRecord,
  readSubmitted,
  type DetailedJob,
  type JobTypeInfo,
  type Page,
  type Playback,
  type RecordedJob,
  type SubmitBody,
  type SubmitJobBody,
} from "@statusplane/core/wire";
import type { ActiveJobs, ActiveList } from "./active-jobs.ts";
import { askRecords } from "./asking-records.ts";
import { cancelJob, needRecord, retryJob } from "./changing.ts";
import type { DetailSource } from "./detail-source.ts";
import { jobTypesOf } from "./job-types.ts";
import { activeOf, loadActive } from "./live-jobs.ts";
import { OnceAsked } from "./once-asked.ts";
import { readBody } from "./reading.ts";
import { read, request } from "./requests.ts";
import type { Sender } from "./sender.ts";
import { sentenceOf } from "./sentences.ts";
import type {
  ActiveAnswer,
  ClientOptions,
  HistoryOptions,
  RequestOptions,
  StatusplaneClient,
  SubmitJobOptions,
  Submitted,
  SubmitVideoOptions,
  WaitOptions,
} from "./statusplane-client.ts";
import { browserPush, withStreams } from "./transport/browser-push.ts";
import { postUpload } from "./upload.ts";
import { unknownJob, type WatchedJob, type WatchRef } from "./watched-job.ts";
import { waitFor } from "./wait-for.ts";
import { partsOf } from "./watcher-parts.ts";
import { Watcher } from "./watcher.ts";

/**
 * Makes the tab's client. Make one and share it: each has a connection and a poller of its own.
 *
 * @example
 * const client = createClient({
 *   getToken: () => sessionStorage.getItem("token"),
 *   onUnauthenticated: () => location.assign("/sign-in"),
 * });
 */
export function createClient(options: ClientOptions): StatusplaneClient {
  return new Client(withStreams(options));
}

class Client extends Watcher implements StatusplaneClient {
  readonly #sender: Sender;
  readonly #source: DetailSource;
  readonly #active: ActiveJobs;
  readonly #onceAsked: OnceAsked;

  constructor(options: ClientOptions) {
    super(options, browserPush, sentenceOf);
    this.#sender = partsOf(this).sender;
    this.#active = activeOf(this);
    this.#source = askRecords(this, options.detail, (job, record) => this.#onceAsked.remember(job, record));
    this.#onceAsked = new OnceAsked(this.#sender, this.#source);
  }

  override close(): void {
    super.close();
    this.#onceAsked.close();
  }

  wait(ref: WatchRef, options?: WaitOptions): Promise<WatchedJob> {
    return waitFor(this, ref, options);
  }

  watchActive(): () => void {
    return this.#active.watch();
  }

  getActive(): ActiveList {
    return this.#active.state;
  }

  loadActive(): Promise<ActiveAnswer> {
    return loadActive(this);
  }

  waiting(): Readonly<Record<string, string>> {
    return this.#active.waiting;
  }

  cancel(ref: WatchRef): Promise<void> {
    return cancelJob(this, ref);
  }

  retry(ref: WatchRef): Promise<void> {
    return retryJob(this, ref);
  }

  async submitVideo(file: File, options: SubmitVideoOptions = {}): Promise<Submitted> {
    const { title = file.name, metadata } = options;
    const body = formOf({ title, metadata }, file);
    return this.#submitted(
      "video",
      await postUpload(this.#sender, { ...options, path: listPath("video"), body }),
    );
  }

  async submitJob(jobType: string, options: SubmitJobOptions = {}): Promise<Submitted> {
    const { file, payload, title, metadata } = options;
    const members: SubmitJobBody = { job_type: jobType, title, metadata, payload };
    const body = file === undefined ? JSON.stringify(members) : formOf(members, file);
    return this.#submitted(
      "job",
      await postUpload(this.#sender, { ...options, path: listPath("job"), body }),
      jobType,
    );
  }

  async remove(ref: WatchRef): Promise<void> {
    needRecord(this, ref);
    await request(this.#sender, detailPath(ref), { method: "DELETE" });
    partsOf(this).table.apply([[ref, { type: "not_found" }]]);
  }

  async detail(ref: WatchRef): Promise<DetailedJob> {
    const body = await this.#source.ask(this.get(ref) ?? unknownJob(ref));
    return this.#sender.checked(body, (record) => readDetail(ref, record));
  }

  detailOnce(ref: WatchRef): Promise<unknown> {
    return this.#onceAsked.ask(this.get(ref) ?? unknownJob(ref));
  }

  jobTypes(): Promise<readonly JobTypeInfo[]> {
    return jobTypesOf(this.#sender);
  }

  async history(kind: Kind, options: HistoryOptions = {}): Promise<Page<RecordedJob>> {
    const { cursor, status, jobType, createdBy } = options;
    const path = historyPath(kind, { cursor, status, job_type: jobType, created_by: createdBy });
    return read(this.#sender, path, (body) => readPage(body, (item) => readRecord(kind, item)));
  }

  async playback(videoId: string): Promise<Playback> {
    const ref: WatchRef = { kind: "video", id: videoId };
    needRecord(this, ref);
    return read(this.#sender, playbackPath(videoId), readPlayback);
  }

  request(path: string, options?: RequestOptions): Promise<Response> {
    return request(this.#sender, path, options);
  }

  read<T>(path: string, check: (body: unknown) => T | null): Promise<T> {
    return read(this.#sender, path, check);
  }

  /** Shows the new job at once: it is known before its first poll. */
  #submitted(kind: Kind, body: unknown, jobType: string | null = null): Submitted {
    const submitted = this.#sender.checked(body, (answer) => readSubmitted(kind, answer));
    const reading = readBody(submitted.ref, { job_type: jobType, ...asMembers(body) }, this.#sender.language);
    partsOf(this).table.apply([[submitted.ref, { type: "found", reading, atMs: this.environment.now() }]]);
    return { ...submitted, attempt: reading.job.attempt, version: reading.job.version };
  }
}

/** Texts as they are, other members as JSON; the file last, so that a bad field is refused before its bytes. */
function formOf(members: SubmitBody & Partial<SubmitJobBody>, file: File): FormData {
  const form = new FormData();
  const { job_type: jobType, title, metadata, payload } = members;
  if (jobType !== undefined) form.append("job_type", jobType);
  if (title !== undefined) form.append("title", title);
  if (metadata !== undefined) form.append("metadata", JSON.stringify(metadata));
  if (payload !== undefined) form.append("payload", JSON.stringify(payload));
  form.append("file", file, file.name);
  return form;
}
