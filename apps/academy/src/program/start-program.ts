import type { Json } from "@statusplane/core";
import type { Database } from "@statusplane/db";
import {
  createMetricsServer,
  createServer,
  requireTenant,
  type FullServerOptions,
  type MetricSources,
  type Readiness,
  type SignInOptions,
} from "@statusplane/server";
import { createReconciler, createWorker } from "@statusplane/worker";
import type { FastifyInstance } from "fastify";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { readKeptSecret } from "../cli/kept-secret.ts";
import { ConfigError, isLoopback, type Config } from "../config/config.ts";
import { ensureFfmpeg, openFfmpeg, type FfmpegSource } from "../ffmpeg/index.ts";
import { createCollector, openFolderFiles, type FolderFiles } from "../files/index.ts";
import { ACCEPTED_JOB_TYPES, jobDefinitions } from "../jobs/job-types.ts";
import { StudentRecords, studentsRoutes } from "../students/index.ts";
import { openStores, type Stores } from "./open-stores.ts";
import { registerProcessMetrics, type RunningParts } from "./process-metrics.ts";
import { QueueDepths } from "./queue-depths.ts";
import { StoreHealth } from "./store-health.ts";
import type { UndoStack } from "./undo-stack.ts";
import { WriteCounts } from "./write-counts.ts";

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Gets the close of whatever is opened. */
  readonly undo: UndoStack;
  /** The program cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/** What the parts of one process share. */
interface Parts extends StartOptions {
  readonly stores: Stores;
  readonly counts: WriteCounts;
  readonly health: StoreHealth;
  readonly registry: Registry;
  readonly ffmpeg: FfmpegSource;
  readonly running: RunningParts;
}

type Durable = NonNullable<Stores["durable"]>;

const WEB_ROOT = fileURLToPath(new URL("../../../web/dist", import.meta.url));
const JOB_TYPES = ACCEPTED_JOB_TYPES.map(({ type }) => type);

/**
 * Puts the parts of a role together, in this order: stores, server (it listens before any work begins), reconciler,
 * worker. @returns the line that says where it is.
 */
export async function startProgram(options: StartOptions): Promise<{ readonly announcement: string }> {
  const { config, log, undo } = options;
  const counts = new WriteCounts();
  const stores = await openStores({ ...options, counters: counts });
  const health = new StoreHealth(stores.store.installation, log);
  await health.start();
  undo.push("store health", async () => health.stop());
  refuseEviction(config, health);
  const ffmpeg = openFfmpeg(ffmpegPaths(config));
  const parts: Parts = { ...options, stores, counts, health, registry: new Registry(), ffmpeg, running: {} };

  registerProcessMetrics(parts.registry, parts.running, stores.durable?.database ?? null);
  const files = stores.durable === null ? null : await openFolderFiles(config.values.DATA_DIR);
  const address = config.role === "worker" ? null : await listen(parts, files);
  if (stores.durable !== null && files !== null) {
    await startReconciler(parts, stores.durable, files);
    if (config.role === "all" || config.role === "worker") await startWorker(parts, stores.durable, files);
  }
  await listenForMetrics(parts);
  return { announcement: announce(config, address) };
}

function announce({ role, demo }: Config, address: string | null): string {
  if (address === null) return `Statusplane (${role}) runs ${JOB_TYPES.join(", ")}`;
  const where = role === "all" ? `Statusplane is at ${address}/` : `Statusplane (${role}) is at ${address}/`;
  return demo ? `${where}\nAnyone who opens it signs in as one of two demo tenants.` : where;
}

/** @throws {ConfigError} with STRICT=1, when the policy would evict running jobs first. */
function refuseEviction({ values }: Config, health: StoreHealth): void {
  if (!values.STRICT || health.eviction !== "evicts_live_jobs") return;
  const policy = health.memory?.policy ?? "";
  throw new ConfigError([
    `REDIS_URL: its policy ${policy} evicts running jobs first; use allkeys-lru (or STRICT=0)`,
  ]);
}

function ffmpegPaths({ values }: Config): { ffmpegPath?: string; ffprobePath?: string } {
  return {
    ...(values.FFMPEG_PATH === null ? {} : { ffmpegPath: values.FFMPEG_PATH }),
    ...(values.FFPROBE_PATH === null ? {} : { ffprobePath: values.FFPROBE_PATH }),
  };
}

async function listen(parts: Parts, files: FolderFiles | null): Promise<string> {
  const { config, undo } = parts;
  const server = await makeServer(parts, files);
  undo.push("server", () => server.close());
  return server.listen({ host: config.values.HOST, port: config.values.PORT });
}

async function makeServer(parts: Parts, files: FolderFiles | null): Promise<FastifyInstance> {
  const { config, stores, health, registry } = parts;
  const { values } = config;
  const common = {
    reader: stores.store.reader,
    signIn: await signInOptions(config),
    allowedOrigins: values.ALLOWED_ORIGINS,
    requestsPerMinute: values.RATE_LIMIT_PER_MINUTE,
    readiness: () => readiness(parts),
    metrics: { registry, access: metricsAccess(config), sources: metricSources(parts) },
    log: { level: values.LOG_LEVEL },
  };
  if (stores.durable === null || files === null) {
    return createServer({ ...common, role: "progress", jobTypes: JOB_TYPES });
  }
  const { database, queue } = stores.durable;
  const full: FullServerOptions = {
    ...common,
    role: config.role === "all" ? "all" : "api",
    jobTypes: ACCEPTED_JOB_TYPES,
    records: database.requests,
    files,
    writer: stores.store.writer,
    queue,
    installation: stores.store.installation,
    uploadMaxBytes: values.UPLOAD_MAX_BYTES,
    acceptsWork: () => health.acceptsWork(),
    demo: config.demo,
    webRoot: WEB_ROOT,
    extend: (signedIn) => addStudents(signedIn, database, files),
  };
  return createServer(full);
}

function addStudents(signedIn: FastifyInstance, database: Database, files: FolderFiles): void {
  const findRecord: typeof database.requests.find = (ref) => database.requests.find(ref);
  studentsRoutes(signedIn, { students: new StudentRecords(database), findRecord, files, requireTenant });
}

async function signInOptions({ signIn, values }: Config): Promise<SignInOptions> {
  const rules = { issuer: values.JWT_ISSUER, audience: values.JWT_AUDIENCE };
  if (signIn?.kind === "jwks") {
    return { kind: "jwks", url: signIn.url, signingSecret: signIn.signingSecret, ...rules };
  }
  const secret = signIn?.kind === "secret" ? signIn.secret : await readKeptSecret(values.DATA_DIR);
  return { kind: "secret", secret, signingSecret: values.SIGNING_SECRET, ...rules };
}

async function startReconciler(
  parts: Parts,
  { database, queue }: Durable,
  files: FolderFiles,
): Promise<void> {
  const { config, log, undo, stores, running } = parts;
  const { values } = config;
  const collector = createCollector(files.paths);
  const ending = new AbortController();
  const reconciler = createReconciler({
    records: database.reconciler,
    writer: stores.store.writer,
    installation: stores.store.installation,
    queue,
    files,
    timings: values.TIMINGS,
    recoverWindowSeconds: values.RECOVER_WINDOW_SECONDS,
    sole: values.REDIS_URL === null || values.QUEUE_URL === null,
    log,
    onSwept: (swept) => log.warn({ count: swept.length }, "leases were over; their jobs move on"),
    // a store in memory is empty at each start: that is no news
    onLoss: (loss) =>
      log[values.REDIS_URL === null ? "info" : "warn"]({ loss }, "data was lost; it is written again"),
    collect: async () => {
      const inputRetentionSeconds = values.INPUT_RETENTION_SECONDS;
      const attemptsOf: typeof database.reconciler.attemptsOf = (refs) =>
        database.reconciler.attemptsOf(refs);
      const { signal } = ending;
      await collector.collect({ attemptsOf, inputRetentionSeconds, nowMs: Date.now(), signal });
    },
  });
  running.reconciler = reconciler;
  undo.push("reconciler", () => {
    ending.abort();
    return reconciler.stop();
  });
  await reconciler.start();
}

async function startWorker(parts: Parts, { database, queue }: Durable, files: FolderFiles): Promise<void> {
  const { config, log, undo, stores, ffmpeg, running } = parts;
  const { values } = config;
  const { writer, installation } = stores.store;
  const worker = createWorker({
    jobs: jobDefinitions({ ffmpeg, database }),
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
  void prepareFfmpeg(config, ffmpeg); // never rejects; video jobs wait meanwhile
}

/** What is missing is installed where that needs no question; a path that somebody chose is only judged. */
async function prepareFfmpeg({ values }: Config, ffmpeg: FfmpegSource): Promise<void> {
  const say = (sentence: string): void => console.log(sentence);
  if (values.FFMPEG_PATH === null && values.FFPROBE_PATH === null) await ensureFfmpeg({ ffmpeg, say });
  else if ((await ffmpeg.readiness()) !== null) {
    say("FFMPEG_PATH and FFPROBE_PATH name no ffmpeg that can be used; video jobs wait until they do.");
  }
}

async function listenForMetrics({ config: { values }, registry, undo }: Parts): Promise<void> {
  if (values.METRICS_PORT === 0) return;
  const server = createMetricsServer(registry);
  undo.push("metrics", () => server.close());
  await server.listen({ host: "127.0.0.1", port: values.METRICS_PORT });
}

function metricsAccess({ values }: Config): "open" | "operator" | "elsewhere" {
  if (values.METRICS_PORT !== 0) return "elsewhere";
  return isLoopback(values.HOST) ? "open" : "operator";
}

function metricSources({ stores, counts, health, running, undo }: Parts): MetricSources {
  const common: MetricSources = {
    writes: () => counts.writes(),
    foreignReads: () => counts.foreignReads,
    storeMemory: () => health.memory,
  };
  if (stores.durable === null) return common;
  const { database, queue } = stores.durable;
  const depths = new QueueDepths(queue, JOB_TYPES);
  undo.push("queue depths", async () => depths.stop());
  return {
    ...common,
    statements: () => ({ ...database.statements }),
    outbox: () => {
      const status = running.reconciler?.status();
      return status === undefined
        ? null
        : { entries: status.outboxEntries, oldestUnrepairedMs: status.oldestUnrepairedMs };
    },
    queueDepth: () => depths.read(),
  };
}

/** From what the process already knows: nobody is asked. */
function readiness({ health, running, config }: Parts): Readiness {
  const checks: Record<string, Json> = {
    status_store: health.answers ? "ok" : "unreachable",
    eviction: health.eviction,
    append_only: health.memory?.appendOnly ?? null,
    role: config.role,
  };
  const reconciler = running.reconciler?.status();
  if (reconciler !== undefined) checks["reconciler"] = reconciler.leading ? "leading" : "standby";
  for (const [jobType, reason] of running.worker?.status().unready ?? [])
    checks[`job_type_${jobType}`] = reason;
  return { ready: health.answers, checks };
}
