import { DEFAULT_TIMINGS, type StatusReader, type ViewStore } from "@statusplane/core";
import type { FastifyInstance, FastifyReply } from "fastify";
import {
  authenticateAll,
  demoRoutes,
  keepPrivate,
  limitMisses,
  limitReads,
  limitRefusals,
  refuseWatchTokens,
  ROUTE_SCOPES,
  routeKey,
  watchTokenRoutes,
} from "../auth/index.ts";
import { controlRoutes } from "../control/index.ts";
import { DetailReads, detailRoutes } from "../detail/index.ts";
import { sendProblem } from "../errors/index.ts";
import { historyRoutes } from "../history/index.ts";
import { jobTypeRoutes } from "../job-types/index.ts";
import { JobUrls } from "../job-urls.ts";
import { fileRoutes, JobOutputs } from "../outputs/index.ts";
import { signedFileRoutes, playbackRoutes, PlaybackUrls } from "../playback/index.ts";
import { batchRoutes, progressRoutes } from "../progress/index.ts";
import { resultRoutes } from "../result/index.ts";
import { AfterCommit, submitRoutes } from "../submit/index.ts";
import {
  beaconRoutes,
  grantRoutes,
  KnownViews,
  liveRoutes,
  policyRoutes,
  reportRoutes,
  stateRoutes,
  ViewGrants,
} from "../views/index.ts";
import { eventRoutes, socketRoutes, Streams, waitForNews } from "../watch/index.ts";
import type { JobsOptions, MountOptions } from "./mount-options.ts";
import type { Parts, Signed } from "./parts.ts";

const NO_SECRET = "give a signingSecret of 32 bytes or more: it signs watch tokens and playback URLs";
/** Of an upload, unless something else is said. */
export const UPLOAD_MAX_BYTES = 4 * 1024 ** 3;
const DRAIN_MS = 5_000;

/** Registers the routes of a mount in an instance that is prepared; what the platform has and this mount lacks says so. */
export async function mount(fastify: FastifyInstance, options: MountOptions, parts: Parts): Promise<void> {
  const urls = new JobUrls(fastify.prefix);
  const served = new Set<string>();
  fastify.addHook("onRoute", ({ method, routePath }) => {
    for (const each of [method].flat()) served.add(routeKey(each, routePath));
  });
  const streams = openStreams(fastify, { ...options, urls }, parts);
  if (streams !== null) streamRoutes(fastify, streams, parts);
  await fastify.register(async (scope) => watchersRoutes(scope, { ...options, urls, streams }, parts));
  const { views } = options.store;
  if (views !== undefined) await viewerRoutes(fastify, { views, reader: options.store.reader }, parts);
  const { signed } = parts;
  if (signed !== null) {
    await fastify.register(async (scope) => watchTokenScope(scope, parts, signed.watchTokens));
  }
  if (options.records !== undefined) {
    if (signed === null) throw new TypeError(NO_SECRET);
    const playback = playbackUrls(options, signed, urls);
    const own = { ...options, ...signed, urls, playback };
    await fastify.register(async (scope) => userRoutes(scope, own, parts));
    await fastify.register(async (scope) => openRoutes(scope, { ...options, playback }, parts));
  }
  nameOthers(fastify, served);
}

/** Of storage, these scopes get a reader and a feed, and nothing else. */
function streamRoutes(
  fastify: FastifyInstance,
  streams: Streams,
  { signIns, origins }: Pick<Parts, "signIns" | "origins">,
): void {
  fastify.register(async (scope) => {
    authenticateAll(scope, signIns);
    eventRoutes(scope, streams);
  });
  fastify.register(async (scope) => socketRoutes(scope, { streams, signIns, origins }));
}

/** Null without a feed: nothing is pushed. */
function openStreams(
  fastify: FastifyInstance,
  options: MountOptions & { readonly urls: JobUrls },
  { metrics, signed }: Parts,
): Streams | null {
  const { store, urls, leaving, drainMs = DRAIN_MS, timings = DEFAULT_TIMINGS } = options;
  const { views, viewFeed } = store;
  if (store.feed === undefined) return null;
  const streams = new Streams({
    ...{ feed: store.feed, reader: store.reader, urls, timings, rates: options, drainMs },
    views: views === undefined || viewFeed === undefined ? null : { views, feed: viewFeed },
    jobTypes: typesOf(options),
    counts: metrics.streams,
    log: fastify.log,
    readersKey: signed?.readersKey ?? null,
  });
  const leave = (): void => streams.leave();
  leaving?.addEventListener("abort", leave, { once: true });
  fastify.addHook("preClose", async () => {
    leaving?.removeEventListener("abort", leave);
    await streams.close();
  });
  return streams;
}

function typesOf({ jobTypes = [] }: MountOptions): readonly string[] {
  return jobTypes.map((each) => (typeof each === "string" ? each : each.type));
}

/** Of storage, this scope gets a reader and nothing else. */
function watchersRoutes(
  scope: FastifyInstance,
  options: MountOptions & { readonly urls: JobUrls; readonly streams: Streams | null },
  { signIns, metrics }: Parts,
): void {
  const { store, pollAfterMs, urls, streams } = options;
  authenticateAll(scope, signIns);
  const progress = {
    reader: store.reader,
    jobTypes: typesOf(options),
    counts: metrics.polls,
    urls,
    ...(pollAfterMs === undefined ? {} : { pollAfterMs }),
    ...(streams === null || store.feed === undefined
      ? {}
      : { waitForNews: waitForNews(streams, store.feed) }),
  };
  progressRoutes(scope, progress);
  batchRoutes(scope, progress);
}

/** Of storage, these scopes get views and a reader, and nothing else. */
async function viewerRoutes(
  fastify: FastifyInstance,
  store: { readonly views: ViewStore; readonly reader: StatusReader },
  { signIns, metrics, signed, limits }: Parts,
): Promise<void> {
  const options = { ...store, counts: metrics.views };
  await fastify.register(async (scope) => {
    metrics.observe(scope);
    authenticateAll(scope, signIns);
    refuseWatchTokens(scope);
    keepPrivate(scope);
    reportRoutes(scope, options);
    liveRoutes(scope, options);
    grantRoutes(scope, store.views);
  });
  if (signed === null) return;
  const grants = new ViewGrants(signed.playbackKey);
  await fastify.register(async (scope) => {
    metrics.observe(scope);
    limitRefusals(scope, limits);
    beaconRoutes(scope, { ...options, grants, limits });
  });
}

function watchTokenScope(
  scope: FastifyInstance,
  { signIns, metrics }: Parts,
  watchTokens: Signed["watchTokens"],
): void {
  metrics.observe(scope);
  authenticateAll(scope, signIns);
  refuseWatchTokens(scope);
  watchTokenRoutes(scope, watchTokens);
}

interface Addressed {
  /** Null: nothing plays. */
  readonly playback: PlaybackUrls | null;
}

async function userRoutes(
  scope: FastifyInstance,
  options: JobsOptions & Addressed & Signed & { readonly urls: JobUrls },
  { signIns, limits, metrics }: Parts,
): Promise<void> {
  const { records, files, jobTypes, playback, urls, watchTokens } = options;
  const { reader, writer, installation } = options.store;
  const { log } = scope;
  metrics.observe(scope);
  authenticateAll(scope, signIns);
  refuseWatchTokens(scope);
  keepPrivate(scope);
  limitMisses(scope);
  limitReads(scope, limits);
  const { detailStatementsPerSecond: statementsPerSecond } = options;
  const details = new DetailReads({
    ...{ records, writer, log, shareOf: (tenant) => limits.readsOf(tenant) },
    ...(statementsPerSecond === undefined ? {} : { statementsPerSecond }),
  });
  const afterCommit = new AfterCommit({ writer, queue: options.queue, installation, files, log });
  detailRoutes(scope, { details, playback, urls, jobTypes });
  jobTypeRoutes(scope, jobTypes);
  historyRoutes(scope, { records, playback, urls, jobTypes });
  const { viewRecords } = options;
  const { views } = options.store;
  const known =
    views === undefined || viewRecords === undefined
      ? null
      : new KnownViews({ views, records: viewRecords, reader, details });
  const viewing =
    known === null || views === undefined
      ? null
      : { known, views, grants: new ViewGrants(options.playbackKey) };
  if (playback !== null) playbackRoutes(scope, { reader, details, playback, viewing });
  if (known !== null && views !== undefined && viewRecords !== undefined) {
    stateRoutes(scope, known);
    policyRoutes(scope, { known, views, records: viewRecords, log });
  }
  resultRoutes(scope, { reader, writer, records, files, details });
  const outputs = new JobOutputs({ reader, details, files });
  fileRoutes(scope, outputs);
  await scope.register(async (control) =>
    controlRoutes(control, { records, files, afterCommit, details, jobTypes, urls }),
  );
  await scope.register(async (submit) =>
    submitRoutes(submit, {
      ...{ records, files, afterCommit, jobTypes, watchTokens, urls },
      uploadMaxBytes: options.uploadMaxBytes ?? UPLOAD_MAX_BYTES,
      acceptsWork: options.acceptsWork ?? (() => null),
    }),
  );
  const { extend } = options;
  if (extend !== undefined) await scope.register(async (own) => extend(own, details, outputs));
}

/** Without a sign-in: files by signature, the demo's sign-in. */
function openRoutes(
  scope: FastifyInstance,
  { files, playable, playback, demoTenants = [], signIn }: JobsOptions & Addressed,
  { limits, metrics }: Parts,
): void {
  metrics.observe(scope);
  limitRefusals(scope, limits);
  if (playable !== undefined && playback !== null)
    signedFileRoutes(scope, { playback, playable, files, limits });
  if (demoTenants.length > 0) demoRoutes(scope, { signIn, tenants: demoTenants });
}

function playbackUrls(
  { playable, playbackSeconds: seconds }: JobsOptions,
  { playbackKey: key }: Signed,
  { prefix }: JobUrls,
): PlaybackUrls | null {
  if (playable === undefined) return null;
  return new PlaybackUrls({ key, prefix, files: playable, ...(seconds === undefined ? {} : { seconds }) });
}

/** A client that asks this process for what another one serves is told so, whatever it sends along: it need not ask on. */
function nameOthers(fastify: FastifyInstance, served: ReadonlySet<string>): void {
  for (const key of Object.keys(ROUTE_SCOPES).filter((each) => !served.has(each))) {
    const [method = "", url = ""] = key.split(" ");
    const tell = (_request: unknown, reply: FastifyReply): void => void sendProblem(reply, "not_served_here");
    fastify.route({
      ...{ method, url, schema: { hide: true }, config: { isElsewhere: true } },
      ...{ onRequest: tell, handler: tell }, // before a body is looked at
    });
  }
}
