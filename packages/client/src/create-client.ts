import type { Kind } from "@statusplane/core";
import {
  activePath,
  asMembers,
  cancelPath,
  detailPath,
  historyPath,
  listPath,
  playbackPath,
  readBatch,
  readDetail,
  readPage,
  readPlayback,
  readRecord,
  readSubmitted,
  retryPath,
  type DetailedJob,
  type JobTypeInfo,
  type Page,
  type Playback,
  type RecordedJob,
  type SubmitBody,
  type SubmitJobBody,
} from "@statusplane/core/wire";
import { callSafely } from "./call-safely.ts";
import type { ClientError } from "./client-error.ts";
import { DetailAsker } from "./detail-asker.ts";
import { DetailSource } from "./detail-source.ts";
import { browserEnvironment } from "./environment.ts";
import { JobTypesAsked } from "./job-types.ts";
import { OnceAsked } from "./once-asked.ts";
import { Poller } from "./poller.ts";
import { readBody } from "./reading.ts";
import { readDateMs, Sender } from "./sender.ts";
import type {
  ActiveAnswer,
  ClientOptions,
  HistoryOptions,
  RequestOptions,
  StatusplaneClient,
  SubmitJobOptions,
  Submitted,
  SubmitVideoOptions,
} from "./statusplane-client.ts";
import { postUpload } from "./upload.ts";
import { Waiting } from "./waiting.ts";
import { isOver } from "./watch-state.ts";
import { WatchTable, type JobListener } from "./watch-table.ts";
import { unknownJob, watchKey, type WatchedJob, type WatchRef } from "./watched-job.ts";

/**
 * Makes the tab's client. Make one and share it: each has a poller of its own.
 *
 * @example
 * const client = createClient({
 *   getToken: () => sessionStorage.getItem("token"),
 *   onUnauthenticated: () => location.assign("/sign-in"),
 * });
 */
export function createClient(options: ClientOptions): StatusplaneClient {
  return new Client(options);
}

class Client implements StatusplaneClient {
  readonly environment;
  readonly #sender: Sender;
  readonly #table: WatchTable;
  readonly #poller: Poller;
  readonly #source: DetailSource;
  readonly #asker: DetailAsker;
  readonly #onceAsked: OnceAsked;
  readonly #jobTypes: JobTypesAsked;
  readonly #waiting = new Waiting();
  readonly #endWake: () => void;

  constructor(options: ClientOptions) {
    const environment = options.environment ?? browserEnvironment();
    this.environment = environment;
    this.#sender = new Sender(options, environment);
    this.#table = new WatchTable(
      () => environment.now(),
      () => this.#settle(),
    );
    this.#poller = new Poller(this.#table, this.#sender, options.onError ?? warn);
    this.#source = new DetailSource(this.#sender, options.detail);
    this.#onceAsked = new OnceAsked(this.#sender, this.#source);
    this.#asker = new DetailAsker({
      table: this.#table,
      sender: this.#sender,
      source: this.#source,
      onceAsked: this.#onceAsked,
    });
    this.#jobTypes = new JobTypesAsked(this.#sender);
    this.#endWake = environment.onWake(() => this.#poller.poke("wake"));
    this.#table.subscribe(() => this.#waiting.noteRunning(this.#table.snapshot.values()));
  }

  get language(): "ko" | "en" {
    return this.#sender.language;
  }

  watch(ref: WatchRef, listener: JobListener = () => {}): () => void {
    let isTold = false; // only from the next turn on: the caller has its `stop` by then
    let isWatching = true;
    const end = this.#table.watch(ref, (job) => {
      if (isTold && isWatching) listener(job);
    });
    queueMicrotask(() => {
      isTold = true;
      const job = this.get(ref);
      if (isWatching && job !== undefined) callSafely(() => listener(job));
    });
    const state = this.#table.state(ref);
    if (state?.phase === "unknown" || isOver(state) || this.#poller.isIdle) this.#poller.poke("watch");
    return () => {
      isWatching = false;
      end();
    };
  }

  get(ref: WatchRef): WatchedJob | undefined {
    return this.#table.snapshot.get(watchKey(ref));
  }

  subscribe(listener: () => void): () => void {
    return this.#table.subscribe(listener);
  }

  getSnapshot(): ReadonlyMap<string, WatchedJob> {
    return this.#table.snapshot;
  }

  async loadActive(): Promise<ActiveAnswer> {
    const { body, serverNowMs } = await this.#sender.send(
      activePath(),
      { cache: "no-store" },
      async (response) => {
        if (!response.ok) throw await this.#sender.errorOf(response);
        return { body: await this.#sender.bodyOf(response), serverNowMs: readDateMs(response.headers) };
      },
    );
    const { jobs: refs, bodyOf, more, waiting } = this.#sender.checked(body, readBatch);
    const atMs = this.environment.now();
    this.#waiting.replace(waiting);
    if (Object.keys(waiting).length > 0) this.#learnJobTypes();
    this.#table.apply(
      refs.map((ref) => {
        const reading = readBody(ref, bodyOf(ref), this.#sender.language);
        return [ref, { type: "answer", reading, serverNowMs, atMs }];
      }),
    );
    return { refs, more, waiting: this.#waiting.current };
  }

  waiting(): Readonly<Record<string, string>> {
    return this.#waiting.current;
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

  async cancel(ref: WatchRef): Promise<void> {
    this.#needRecord(ref);
    await this.#sender.request(cancelPath(ref), { method: "POST" });
    this.#poller.poke("person");
  }

  async retry(ref: WatchRef): Promise<void> {
    this.#needRecord(ref);
    const response = await this.#sender.request(retryPath(ref), { method: "POST" });
    const read = this.#sender.bodyOf(response).catch(() => null); // accepted all the same: without a body the poll tells
    const reading = readBody(ref, await read, this.#sender.language);
    const atMs = this.environment.now();
    if (reading.job.attempt > 0 && reading.job.unknownStatus !== "") {
      this.#table.apply([[ref, { type: "found", reading, atMs }]]);
    }
    this.#table.apply([[ref, { type: "reopened", atMs }]]);
    this.#poller.poke("person");
  }

  async remove(ref: WatchRef): Promise<void> {
    this.#needRecord(ref);
    await this.#sender.request(detailPath(ref), { method: "DELETE" });
    this.#table.apply([[ref, { type: "not_found" }]]);
  }

  async detail(ref: WatchRef): Promise<DetailedJob> {
    const body = await this.#source.ask(this.get(ref) ?? unknownJob(ref));
    return this.#sender.checked(body, (record) => readDetail(ref, record));
  }

  detailOnce(ref: WatchRef): Promise<unknown> {
    return this.#onceAsked.ask(this.get(ref) ?? unknownJob(ref));
  }

  jobTypes(): Promise<readonly JobTypeInfo[]> {
    return this.#jobTypes.ask();
  }

  async history(kind: Kind, options: HistoryOptions = {}): Promise<Page<RecordedJob>> {
    const { cursor, status, jobType, createdBy } = options;
    const path = historyPath(kind, { cursor, status, job_type: jobType, created_by: createdBy });
    return this.#sender.read(path, (body) => readPage(body, (item) => readRecord(kind, item)));
  }

  async playback(videoId: string): Promise<Playback> {
    const ref: WatchRef = { kind: "video", id: videoId };
    this.#needRecord(ref);
    return this.#sender.read(playbackPath(videoId), readPlayback);
  }

  request(path: string, options?: RequestOptions): Promise<Response> {
    return this.#sender.request(path, options);
  }

  read<T>(path: string, check: (body: unknown) => T | null): Promise<T> {
    return this.#sender.read(path, check);
  }

  close(): void {
    this.#endWake();
    this.#poller.close();
    this.#asker.close();
    this.#table.clear();
    this.#sender.close();
    this.#onceAsked.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @throws {ClientError} `no_record` of a job that is known to be another program's. */
  #needRecord(ref: WatchRef): void {
    if (this.get(ref)?.hasRecord === false) throw this.#sender.failure("no_record");
  }

  /** Without them a running video does not end its type's wait before the next list. */
  #learnJobTypes(): void {
    this.jobTypes().then(
      (jobTypes) => this.#waiting.learn(jobTypes),
      () => undefined, // asked again with the next list
    );
  }

  #settle(): void {
    this.#poller.settle();
    this.#asker.settle();
  }

  /** Shows the new job at once: it is known before its first poll. */
  #submitted(kind: Kind, body: unknown, jobType: string | null = null): Submitted {
    const submitted = this.#sender.checked(body, (answer) => readSubmitted(kind, answer));
    const reading = readBody(submitted.ref, { job_type: jobType, ...asMembers(body) }, this.#sender.language);
    this.#table.apply([[submitted.ref, { type: "found", reading, atMs: this.environment.now() }]]);
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

function warn(error: ClientError): void {
  console.warn("Statusplane: polling fails and backs off.", error);
}
