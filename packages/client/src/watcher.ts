import { callSafely } from "./call-safely.ts";
import { browserEnvironment, type Environment } from "./environment.ts";
import { createSender } from "./sender.ts";
import type { SentenceOf } from "./sentences.ts";
import type { ConnectionStatus, JobWatcher, WatcherOptions } from "./statusplane-client.ts";
import { createDelivering } from "./transport/delivering.ts";
import type { MakePush } from "./transport/push-port.ts";
import { isOver, isUnknown } from "./watch-state.ts";
import { createWatchTable, type JobListener, type Occurrence } from "./watch-table.ts";
import { watchKey, type WatchedJob, type WatchRef } from "./watched-job.ts";
import { keepParts, type WatcherParts } from "./watcher-parts.ts";

/**
 * Watches jobs: what every client is made of. Without `makePush` it polls. Whatever else a page may want, the live list,
 * records, a job's end, is a function that takes the watcher, so that a page without it does not load it.
 */
export class Watcher implements JobWatcher {
  readonly environment: Environment;
  readonly #parts: WatcherParts;

  constructor(options: WatcherOptions, makePush: MakePush | null, sentenceOf?: SentenceOf) {
    const environment = options.environment ?? browserEnvironment();
    this.environment = environment;
    const sender = createSender(options, environment, sentenceOf);
    const table = createWatchTable(
      () => environment.now(),
      (occurrences) => this.#settle(occurrences),
    );
    const features = (): WatcherParts => this.#parts;
    const delivering = createDelivering({ table, sender, options, makePush, features });
    this.#parts = { table, sender, delivering, active: null, asker: null };
    keepParts(this, this.#parts);
  }

  get language(): "ko" | "en" {
    return this.#parts.sender.language;
  }

  get connectionStatus(): ConnectionStatus {
    return this.#parts.delivering.status;
  }

  watch(ref: WatchRef, listener: JobListener = () => {}): () => void {
    const { table, delivering } = this.#parts;
    let isTold = false; // only from the next turn on: the caller has its `stop` by then
    let isWatching = true;
    const end = table.watch(ref, (job) => {
      if (isTold && isWatching) listener(job);
    });
    queueMicrotask(() => {
      isTold = true;
      const job = this.get(ref);
      if (isWatching && job !== undefined) callSafely(() => listener(job));
    });
    const state = table.state(ref);
    delivering.watched(state === undefined || isUnknown(state) || isOver(state));
    return () => {
      isWatching = false;
      end();
    };
  }

  get(ref: WatchRef): WatchedJob | undefined {
    return this.getSnapshot().get(watchKey(ref));
  }

  subscribe(listener: () => void): () => void {
    return this.#parts.table.subscribe(listener);
  }

  getSnapshot(): ReadonlyMap<string, WatchedJob> {
    return this.#parts.table.snapshot;
  }

  close(): void {
    const { table, sender, delivering, active, asker } = this.#parts;
    delivering.close();
    asker?.close();
    active?.close();
    table.tell(); // that it is closed
    table.clear();
    sender.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #settle(occurrences: readonly Occurrence[]): void {
    const { delivering, asker } = this.#parts;
    delivering.settle();
    asker?.follow(occurrences);
  }
}
