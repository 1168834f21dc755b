import { faultFields, type JobQueue, type StatusStore, type UndoStack } from "@statusplane/core";
import type { StatusStoreCounters } from "@statusplane/core/status-store";
import { createMemoryQueue, openMemoryStatusStore } from "@statusplane/memory";
import type { Database } from "@statusplane/postgres";
import { openRedisStatusStore } from "@statusplane/redis";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import type { Logger } from "pino";
import { ConfigError, type Config } from "../config/config.ts";
import type { Application } from "../application.ts";
import { openDatabase } from "./open-database.ts";
import { whenItAnswers } from "./when-it-answers.ts";

export interface OpenStoresOptions {
  readonly config: Config;
  readonly application: Pick<Application, "migrations">;
  readonly counters: StatusStoreCounters;
  readonly log: Logger;
  readonly undo: UndoStack;
  /** The program cannot go on: the embedded database is gone. */
  readonly onFatal: (error: Error) => void;
}

export interface Stores {
  readonly store: StatusStore;
  /** Null for role progress, which has neither. */
  readonly durable: { readonly database: Database; readonly queue: JobQueue } | null;
}

/** Opens what this role needs: Redis or memory, Postgres or its embedded twin, BullMQ or the queue in memory. */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const { config, undo } = options;
  const durable = config.database === undefined ? null : await openDurable(options, config.database);
  const store = await openStore(options);
  undo.push("status store", () => store.close());
  return { store, durable };
}

function openStore({ config: { values }, counters, log }: OpenStoresOptions): Promise<StatusStore> {
  const common = { timings: values.TIMINGS, finishedTtlSeconds: values.FINISHED_TTL_SECONDS, counters, log };
  if (values.REDIS_URL === null) return Promise.resolve(openMemoryStatusStore(common));
  return openRedisStatusStore({ ...common, url: values.REDIS_URL, cluster: values.REDIS_CLUSTER });
}

async function openDurable(
  options: OpenStoresOptions,
  url: string | null,
): Promise<NonNullable<Stores["durable"]>> {
  const { undo, log } = options;
  const folder = options.config.values.DATA_DIR;
  log.info(url === null ? { folder } : {}, `opening the ${url === null ? "embedded " : ""}database`);
  const { application, onFatal } = options;
  const { values, role } = options.config;
  const settings = { values, role, migrations: application.migrations ?? [], log, onFatal };
  const database = await whenItAnswers(() => openDatabase(url, settings), { log });
  undo.push("database", () => database.close());
  log.info("the database is open and its tables are up to date");
  return { database, queue: await openQueue(options) };
}

/** A consumer that died before its claim is replaced well before a lease would be over. */
const LEASE_PER_LOCK = 3;

/** @throws {ConfigError} when the queue's Redis would evict deliveries; {queue_unavailable} when it does not answer. */
async function openQueue({ config: { values }, log, undo }: OpenStoresOptions): Promise<JobQueue> {
  if (values.QUEUE_URL === null) {
    const queue = createMemoryQueue();
    undo.push("queue", () => queue.close());
    return queue;
  }
  const queue = await createBullmqQueue({
    url: values.QUEUE_URL,
    cluster: values.QUEUE_CLUSTER,
    lockMs: values.TIMINGS.leaseMs / LEASE_PER_LOCK,
    onError: (error) => log.warn(faultFields(error), "queue connection error"),
    onMalformed: (queueId) => log.warn({ queueId }, "delivery without a valid job id dropped"),
  });
  undo.push("queue", () => queue.close());
  const policy = await whenItAnswers(() => queue.checkPolicy(), { log });
  if (policy === "noeviction") return queue;
  throw new ConfigError([
    `QUEUE_URL: its Redis evicts by ${policy} and would lose deliveries; set maxmemory-policy noeviction`,
  ]);
}
