import { cancelPath, readBatch, readLiveList, activePath, retryPath } from "@statusplane/core/wire";
import { ActiveJobs, type ActiveList } from "./active-jobs.ts";
import { callSafely } from "./call-safely.ts";
import type { ClientError } from "./client-error.ts";
import { DetailAsker } from "./detail-asker.ts";
import { DetailSource } from "./detail-source.ts";
import { browserEnvironment, type Environment } from "./environment.ts";
import { JobTypesAsked } from "./job-types.ts";
import { readBody } from "./reading.ts";
import { readDateMs, Sender } from "./sender.ts";
import type {
  ActiveAnswer,
  ConnectionStatus,
  StatusplaneWatcher,
  WaitOptions,
  WatcherOptions,
} from "./statusplane-client.ts";
import { CLIENT_TIMINGS } from "./transport/client-timings.ts";
import { Delivering } from "./transport/delivering.ts";
import type { Delivery } from "./transport/delivery.ts";
import type { MakePush } from "./transport/push-port.ts";
import { waitFor } from "./wait-for.ts";
import { Waiting } from "./waiting.ts";
import { isOver } from "./watch-state.ts";
import { WatchTable, type JobListener } from "./watch-table.ts";
import { watchKey, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** Watches jobs: what every client is made of. Without `makePush` it polls. */
export class Watcher implements StatusplaneWatcher {
  readonly environment: Environment;
  protected readonly sender: Sender;
  protected readonly table: WatchTable;
  protected readonly source: DetailSource;
  protected readonly jobTypesAsked: JobTypesAsked;
  readonly #delivering: Delivering;
  readonly #asker: DetailAsker;
  readonly #active: ActiveJobs;
  readonly #waiting = new Waiting();

  constructor(options: WatcherOptions, makePush: MakePush | null) {
    const environment = options.environment ?? browserEnvironment();
    this.environment = environment;
    this.sender = new Sender(options, environment);
    this.table = new WatchTable(
      () => environment.now(),
      () => this.#settle(),
    );
    this.source = new DetailSource(this.sender, options.detail);
    this.#asker = new DetailAsker({
      table: this.table,
      sender: this.sender,
      source: this.source,
      onEndedRecord: (job, record) => this.onEndedRecord(job, record),
    });
    this.jobTypesAsked = new JobTypesAsked(this.sender);
    this.#active = new ActiveJobs(
      this.table,
      () => environment.now(),
      () => this.#settle(),
    );
    this.#delivering = new Delivering({
      table: this.table,
      sender: this.sender,
      active: this.#active,
      timings: { ...CLIENT_TIMINGS, ...options.timings },
      transport: options.transport ?? "auto",
      makePush,
      whileHidden: options.whileHidden ?? (() => true),
      onList: (delivery) => this.#takeList(delivery),
      onError: options.onError ?? warn,
    });
    this.table.subscribe(() => this.#waiting.noteRunning(this.table.snapshot.values()));
  }

  /** A client that asks for records is told of one that was read anyway. */
  protected onEndedRecord(_job: WatchedJob, _record: unknown): void {}

  get language(): "ko" | "en" {
    return this.sender.language;
  }

  get connectionStatus(): ConnectionStatus {
    return this.#delivering.status;
  }

  watch(ref: WatchRef, listener: JobListener = () => {}): () => void {
    let isTold = false; // only from the next turn on: the caller has its `stop` by then
    let isWatching = true;
    const end = this.table.watch(ref, (job) => {
      if (isTold && isWatching) listener(job);
    });
    queueMicrotask(() => {
      isTold = true;
      const job = this.get(ref);
      if (isWatching && job !== undefined) callSafely(() => listener(job));
    });
    const state = this.table.state(ref);
    this.#delivering.watched(state?.phase === "unknown" || isOver(state));
    return () => {
      isWatching = false;
      end();
    };
  }

  get(ref: WatchRef): WatchedJob | undefined {
    return this.table.snapshot.get(watchKey(ref));
  }

  subscribe(listener: () => void): () => void {
    return this.table.subscribe(listener);
  }

  getSnapshot(): ReadonlyMap<string, WatchedJob> {
    return this.table.snapshot;
  }

  wait(ref: WatchRef, options: WaitOptions = {}): Promise<WatchedJob> {
    return waitFor(this, this.sender, { ref, ...options });
  }

  watchActive(): () => void {
    return this.#active.watch();
  }

  getActive(): ActiveList {
    return this.#active.state;
  }

  async loadActive(): Promise<ActiveAnswer> {
    const { body, serverNowMs } = await this.sender.send(
      activePath(),
      { cache: "no-store" },
      async (response) => {
        if (!response.ok) throw await this.sender.errorOf(response);
        return { body: await this.sender.bodyOf(response), serverNowMs: readDateMs(response.headers) };
      },
    );
    const { jobs, bodyOf } = this.sender.checked(body, readBatch);
    const list = this.sender.checked(body, readLiveList);
    this.#delivering.take({ snapshots: jobs.map((ref) => [ref, bodyOf(ref)]), list, serverNowMs });
    return { refs: list.live, more: list.more, waiting: this.#waiting.current };
  }

  waiting(): Readonly<Record<string, string>> {
    return this.#waiting.current;
  }

  async cancel(ref: WatchRef): Promise<void> {
    this.needRecord(ref);
    await this.sender.request(cancelPath(ref), { method: "POST" });
    this.#delivering.poke();
  }

  async retry(ref: WatchRef): Promise<void> {
    this.needRecord(ref);
    const response = await this.sender.request(retryPath(ref), { method: "POST" });
    const read = this.sender.bodyOf(response).catch(() => null); // accepted all the same: without a body the poll tells
    const reading = readBody(ref, await read, this.sender.language);
    const atMs = this.environment.now();
    if (reading.job.attempt > 0 && reading.job.unknownStatus !== "") {
      this.table.apply([[ref, { type: "found", reading, atMs }]]);
    }
    this.table.apply([[ref, { type: "reopened", atMs }]]);
    this.#delivering.poke();
  }

  close(): void {
    this.#delivering.close();
    this.#asker.close();
    this.#active.close();
    this.table.tell(); // that it is closed
    this.table.clear();
    this.sender.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @throws {ClientError} `no_record` of a job that is known to be another program's. */
  protected needRecord(ref: WatchRef): void {
    if (this.get(ref)?.hasRecord === false) throw this.sender.failure("no_record");
  }

  #settle(): void {
    this.#delivering.settle();
    this.#asker.settle();
  }

  #takeList({ list }: Delivery): void {
    if (list === undefined) return;
    this.#waiting.replace(Object.fromEntries(list.waiting));
    if (list.waiting.size > 0) this.#learnJobTypes();
    if (this.#active.take(list)) this.#delivering.watched(true);
  }

  /** Without them a running video does not end its type's wait before the next list. */
  #learnJobTypes(): void {
    this.jobTypesAsked.ask().then(
      (jobTypes) => this.#waiting.learn(jobTypes),
      () => undefined, // asked again with the next list
    );
  }
}

function warn(error: ClientError): void {
  console.warn("Statusplane: polling fails and backs off.", error);
}
