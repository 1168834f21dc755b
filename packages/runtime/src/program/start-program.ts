/**
 * The composition root: the one place that puts adapters and their users together, by role. Imports every package that
 * a process needs. Settings come in from `config/`; what goes out is a listening server, a reconciler and a worker, each
 * with its close on the undo stack. `make-server.ts` shows what each role is given: role `progress` a reader, nothing else.
 */
import { createOperatorsServer } from "@statusplane/server";
import { createReconciler, createWorker, ViewFlusher, type ReconcilerOptions } from "@statusplane/worker";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { ConfigError, type Config } from "../config/config.ts";
import { createCollector, openFolderFiles, type FolderFiles } from "../files/index.ts";
import { defineJobs } from "./define-jobs.ts";
import { makeServer } from "./make-server.ts";
import { metricSources, readiness } from "./operators-view.ts";
import { openStores, type Stores } from "./open-stores.ts";
import type { Parts, StartOptions } from "./parts.ts";
import { prepareJobs } from "./prepare-jobs.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { cleanUp } from "./clean-up.ts";
import { DiskHealth } from "./disk-health.ts";
import { addressRisks, databaseRisks, type Risk } from "./risks.ts";
import { StoreHealth } from "./store-health.ts";
import { whenItAnswers } from "./when-it-answers.ts";
import { WriteCounts } from "./write-counts.ts";

type Durable = NonNullable<Stores["durable"]>;

/**
 * Puts the parts of a role together, in this order: stores, servers (they listen before any work begins), reconciler,
 * worker. What a job type prepares comes last, when the program has said where it is: that may take a question.
 */
export async function startProgram(options: StartOptions): Promise<void> {
  const { config, log, undo } = options;
  const counts = new WriteCounts();
  const stores = await openStores({ ...options, counters: counts });
  const health = new StoreHealth({ installation: stores.store.installation, log });
  await health.start();
  undo.push("store health", async () => health.stop());
  const files = stores.durable === null ? null : await openFolderFiles(config.values.DATA_DIR);
  const disk = files === null ? null : await watchDisk(options, files);
  const { context, jobs } = defineJobs(options, stores);
  const risks = await risksAtStart({ ...options, jobs }, stores);
  refuseRisks(config, [...risks, ...health.risks, ...(disk?.risks ?? [])]);
  const registry = new Registry();
  const parts: Parts = {
    ...options,
    ...{ context, jobs, stores, counts, health, risks, disk, registry },
    running: {},
  };

  registerProcessMetrics(parts, stores.durable?.database ?? null);
  const address = config.role === "worker" ? null : await listen(parts, files);
  const operatorsAddress = await listenForOperators(parts);
  const isWorker = config.role === "all" || config.role === "worker";
  if (stores.durable !== null && files !== null) {
    await startReconciler(parts, stores.durable, files);
    if (isWorker) await startWorker(parts, stores.durable, files);
  }
  announce(parts, address);
  if (operatorsAddress !== null)
    options.announce(`/healthz, /readyz and /metrics are at ${operatorsAddress}/`);
  if (isWorker) prepareJobs(parts);
}

async function watchDisk(
  { config: { values }, log, undo }: StartOptions,
  { paths: { uploads, outputs } }: FolderFiles,
): Promise<DiskHealth> {
  const disk = new DiskHealth({ folders: { uploads, outputs }, minFreeBytes: values.MIN_FREE_BYTES, log });
  await disk.start();
  undo.push("disk health", async () => disk.stop());
  return disk;
}

function announce(parts: Parts, address: string | null): void {
  const { application, jobs, announce: say } = parts;
  const { role, demo } = parts.config;
  if (address === null) return say(`Statusplane (${role}) runs ${jobs.map(({ type }) => type).join(", ")}`);
  say(role === "all" ? `Statusplane is at ${address}/` : `Statusplane (${role}) is at ${address}/`);
  const hasPage = application.webRoot !== undefined;
  if (!hasPage && role !== "progress") say(`it has no page (webRoot); ${address}/docs describes its API`);
  if (demo && hasPage) say("anyone who opens it signs in as a demo tenant");
  else if (demo) say(`anyone signs in as a demo tenant: POST ${address}/api/v1/demo/sign-in/`);
}

/** What does not change while the process lives; the store's own settings and the disk's room are watched. */
async function risksAtStart(
  { config, jobs, log }: Pick<Parts, "config" | "jobs" | "log">,
  { durable }: Stores,
): Promise<readonly Risk[]> {
  const { values } = config;
  const risks = [...addressRisks(values)];
  if (durable !== null && values.DATABASE_URL !== null) {
    const settings = await whenItAnswers(() => durable.database.serverSettings(), { log });
    risks.push(...databaseRisks(settings, values.DB_POOL_MAX));
  }
  if (config.role === "all" || config.role === "worker") {
    for (const job of jobs) risks.push(...((await job.risks?.()) ?? []));
  }
  for (const { code, problem } of risks) log.warn({ risk: code }, problem);
  return risks;
}

/** @throws {ConfigError} with STRICT=1, naming every risk. */
function refuseRisks({ values }: Config, risks: readonly Risk[]): void {
  if (values.STRICT && risks.length > 0) throw new ConfigError(risks.map(({ problem }) => problem));
}

async function listen(parts: Parts, files: FolderFiles | null): Promise<string> {
  const { HOST, PORT } = parts.config.values;
  const server = await makeServer(parts, files);
  parts.undo.push("server", () => server.close());
  const listenTextResolver = (address: string): string => `listening at ${address}`;
  return server.listen({ host: HOST, port: PORT, listenTextResolver });
}

async function startReconciler(
  parts: Parts,
  { database, queue }: Durable,
  files: FolderFiles,
): Promise<void> {
  const { config, application, context, log, undo, stores, running } = parts;
  const { values } = config;
  const collector = createCollector(files.paths);
  const ending = new AbortController();
  const reconciler = createReconciler({
    records: database.reconciler,
    writer: stores.store.writer,
    installation: stores.store.installation,
    queue,
    files,
    views: new ViewFlusher({ store: stores.store.views, records: database.views, log: values.VIEW_LOG }),
    timings: values.TIMINGS,
    recoverWindowSeconds: values.RECOVER_WINDOW_SECONDS,
    sole: values.REDIS_URL === null || values.QUEUE_URL === null,
    log: reconcilerLog(log),
    // a store in memory is empty at each start: that is no news
    onLoss: (loss) =>
      log[values.REDIS_URL === null ? "debug" : "warn"](
        { loss },
        "status store or queue lost data; refilling it",
      ),
    collect: () =>
      cleanUp({
        records: database.reconciler,
        collector,
        inputRetentionSeconds: values.INPUT_RETENTION_SECONDS,
        recordRetentionDays: values.RECORD_RETENTION_DAYS,
        views: database.views,
        viewRetentionDays: values.VIEW_RETENTION_DAYS,
        ...(application.housekeeping === undefined
          ? {}
          : { own: async () => (await application.housekeeping?.(context)) ?? false }),
        signal: ending.signal,
      }),
  });
  running.reconciler = reconciler;
  undo.push("reconciler", () => {
    ending.abort();
    return reconciler.stop();
  });
  await reconciler.start();
}

/** Its turns are of interest to whoever looks for a fault in it; what went wrong is to everybody. */
function reconcilerLog(log: Logger): NonNullable<ReconcilerOptions["log"]> {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.debug(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  };
}

async function startWorker(parts: Parts, { database, queue }: Durable, files: FolderFiles): Promise<void> {
  const { config, jobs, log, undo, stores, running } = parts;
  const { values } = config;
  const { writer, installation } = stores.store;
  const worker = createWorker({
    jobs,
    records: database.worker,
    writer,
    queue,
    installation,
    files,
    timings: values.TIMINGS,
    concurrency: values.WORKER_CONCURRENCY,
    resultInlineMaxBytes: values.RESULT_INLINE_MAX_BYTES,
    resultMaxBytes: values.RESULT_MAX_BYTES,
    log,
  });
  running.worker = worker;
  undo.push("worker", () => worker.stop());
  await worker.start();
}

/**
 * The operators' address: a port of its own, or, for a worker, which serves nobody else, a `PORT` that was set.
 * @returns its address; null where there is none.
 */
async function listenForOperators(parts: Parts): Promise<string | null> {
  const { config, registry, undo } = parts;
  const { METRICS_HOST: host, METRICS_PORT, PORT } = config.values;
  const isPortForOperators = config.role === "worker" && config.portIsSet;
  const port = METRICS_PORT !== 0 ? METRICS_PORT : isPortForOperators ? PORT : null;
  if (port === null) return null;
  const server = createOperatorsServer({
    registry,
    readiness: () => readiness(parts),
    ...(config.role === "worker" ? { sources: metricSources(parts) } : {}), // else the other server fills the registry
  });
  undo.push("operators' server", () => server.close());
  return server.listen({ host, port });
}
