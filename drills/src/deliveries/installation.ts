import type { JobQueue, StatusStore, StatusWriter } from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import type { PostgresServer } from "@statusplane/test-support";
import { createReconciler, createWorker, silentLog } from "@statusplane/worker";
import pg from "pg";
import { keepJobHistory } from "../history/job-history.ts";
import type { Random } from "../random.ts";
import { deliveredJob, DELIVERED_JOB_TYPE, type Run } from "./delivered-job.ts";
import { DELIVERY_TIMINGS, INLINE_MAX_BYTES } from "./delivery-timings.ts";
import { DisturbedQueue } from "./disturbed-queue.ts";
import { NO_FILES } from "./no-files.ts";
import type { Witness } from "./witness.ts";

const CONCURRENCY = 64;
const CONNECTIONS = { poolMax: 10, backgroundPoolMax: 6 };
const AUDIT_CONNECTIONS = 2;
/** A machine that is busy with something else is not what is tried here. */
const PATIENCE = { requestTimeoutMs: 30_000, backgroundTimeoutMs: 30_000, connectTimeoutMs: 30_000 };

/** What is counted and written down while deliveries are made. */
export class DeliveryLog {
  readonly runs: Run[] = [];
  delivered = 0;
  duplicates = 0;
  /** Deliveries of an attempt whose code was running then, by whoever. */
  whileRunning = 0;
  readonly #running = new Set<string>();

  onDelivery(attemptKey: string, isDuplicate: boolean): void {
    this.delivered += 1;
    if (isDuplicate) this.duplicates += 1;
    if (this.#running.has(attemptKey)) this.whileRunning += 1;
  }

  began(run: Run): void {
    this.runs.push(run);
    this.#running.add(run.attemptKey);
  }

  ended({ attemptKey: key }: Run): void {
    this.#running.delete(key);
  }
}

export interface InstallationOptions {
  readonly name: string;
  readonly postgres: PostgresServer;
  readonly store: StatusStore;
  /** The store's writer, or one that a witness hears of. */
  readonly writer: StatusWriter;
  readonly queue: JobQueue;
  readonly witness: Witness;
  /** Store and queue are in memory. */
  readonly sole: boolean;
  readonly random: Random;
}

/** A database, a worker and a reconciler over a disturbed queue. */
export interface Installation extends AsyncDisposable {
  readonly name: string;
  readonly databaseUrl: string;
  readonly database: Database;
  /** For looking at rows. */
  readonly pool: pg.Pool;
  readonly store: StatusStore;
  readonly writer: StatusWriter;
  readonly queue: DisturbedQueue;
  readonly log: DeliveryLog;
  readonly witness: Witness;
}

export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const { name, postgres, store, writer, witness, sole, random } = options;
  const databaseUrl = await postgres.createDatabase();
  const { committerGraceMs } = DELIVERY_TIMINGS;
  const database = await openServerDatabase({
    url: databaseUrl,
    ...CONNECTIONS,
    resultInlineMaxBytes: INLINE_MAX_BYTES,
    committerGraceMs,
    ...PATIENCE,
  });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: AUDIT_CONNECTIONS });
  pool.on("error", () => undefined); // an idle connection that ends with its server; queries tell their own
  await keepJobHistory(pool);
  const log = new DeliveryLog();
  const queue = new DisturbedQueue({
    inner: options.queue,
    random,
    onDelivery: (key, isDuplicate) => log.onDelivery(key, isDuplicate),
  });
  const ports = {
    writer,
    installation: store.installation,
    queue,
    files: NO_FILES,
    timings: DELIVERY_TIMINGS,
  };
  const reconciler = createReconciler({ ...ports, records: database.reconciler, sole, log: silentLog });
  const worker = createWorker({
    ...ports,
    records: database.worker,
    jobs: [
      deliveredJob({
        where: name,
        onRun: (run) => log.began(run),
        onEnd: (run) => log.ended(run),
        disturb: () => undefined,
      }),
    ],
    concurrency: { [DELIVERED_JOB_TYPE]: CONCURRENCY },
    resultInlineMaxBytes: INLINE_MAX_BYTES,
    log: silentLog, // tries fail on purpose
  });
  await reconciler.start();
  await worker.start();
  return {
    name,
    databaseUrl,
    database,
    pool,
    store,
    writer,
    queue,
    log,
    witness,
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await reconciler.stop();
      await pool.end();
      await database.close();
    },
  };
}
