import cors from "@fastify/cors";
import { StatusplaneError, type ErrorDefinition } from "@statusplane/core";
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import {
  authenticateAll,
  DEMO_TENANTS,
  demoRoutes,
  keepPrivate,
  limitMisses,
  limitReads,
  limitRefusals,
  Limits,
  refuseWatchTokens,
  signingKeys,
  signInRules,
  TokenVerifier,
  WatchTokens,
  watchTokenRoutes,
} from "./auth/index.ts";
import { controlRoutes } from "./control/index.ts";
import { DetailReads, detailRoutes } from "./detail/index.ts";
import { answerErrors, KnownRoutes } from "./errors/index.ts";
import { historyRoutes } from "./history/index.ts";
import {
  acceptJsonBodies,
  answerLoopbackOnly,
  Connections,
  fastifyOptions,
  HTTP_LIMITS,
  keepConnections,
  URL_MAX_BYTES,
  type HttpLimits,
} from "./http/index.ts";
import {
  documentApi,
  documentRoutes,
  healthRoutes,
  metricsRoutes,
  ServerMetrics,
} from "./operations/index.ts";
import { jobTypeRoutes } from "./job-types/index.ts";
import { hlsRoutes, playbackRoutes, PlaybackUrls } from "./playback/index.ts";
import { batchRoutes, progressRoutes } from "./progress/index.ts";
import { resultRoutes } from "./result/index.ts";
import type { FullServerOptions, ServerOptions } from "./server-options.ts";
import { AfterCommit, FORM_EXTRA_BYTES, submitRoutes } from "./submit/index.ts";
import { answerPageAddress, pageRoutes } from "./web/index.ts";

const UPLOAD_MAX_BYTES = 4 * 1024 ** 3;

/** What the routes of all scopes share. */
interface Shared {
  readonly tokens: TokenVerifier;
  readonly watchTokens: WatchTokens;
  readonly playbackKey: Uint8Array;
  readonly metrics: ServerMetrics;
}

/**
 * Puts the routes of a role together. The answer is ready, not listening; the caller listens and closes.
 * @throws {TypeError} for a secret under 32 bytes, or a demo without one.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const connections = new Connections({ ...HTTP_LIMITS, ...formLimit(options), ...options.http });
  const fastify: FastifyInstance = Fastify({
    ...fastifyOptions(options.log === false ? undefined : (options.log ?? {}), connections),
    trustProxy: [...(options.trustedProxies ?? ["loopback"])],
  });
  keepConnections(fastify, connections, options);
  const shared = await makeShared(options, fastify.log);
  const routes = new KnownRoutes();
  routes.listenTo(fastify);
  const page = { served: false };
  prepare(fastify, options);
  answerErrors(fastify, {
    routes,
    unknownAddress: options.role === "progress" ? "not_served_here" : "route_not_found",
    fallback: (request, reply) => page.served && answerPageAddress(request, reply),
  });
  await documentApi(fastify);
  if (options.allowedOrigins !== undefined && options.allowedOrigins.length > 0) {
    await allowOrigins(fastify, options.allowedOrigins);
  }
  await fastify.register(async (scope) => watchersRoutes(scope, options, shared));
  await fastify.register(async (scope) => operatorsRoutes(scope, options, shared));
  if (options.role !== "progress") {
    await fastify.register(async (scope) => peoplesRoutes(scope, options, shared));
    await fastify.register(async (scope) => openRoutes(scope, options, shared));
    if (options.webRoot !== undefined) page.served = await pageRoutes(fastify, options.webRoot);
  }
  await fastify.ready();
  return fastify;
}

async function makeShared(options: ServerOptions, log: FastifyBaseLogger): Promise<Shared> {
  const { signIn, metrics } = options;
  const keys = signingKeys(signIn);
  const watchTokens = await WatchTokens.withKey(keys.watchTokens);
  const isDemo = options.role !== "progress" && options.demo === true;
  const tokens = new TokenVerifier({
    signIn: await signInRules(signIn, (err) =>
      log.warn({ err }, "the key set was not fetched; known keys go on"),
    ),
    watchTokens,
    limits: new Limits(options),
    tenants: isDemo ? new Set(DEMO_TENANTS.map(({ tenant }) => tenant)) : null,
  });
  return {
    tokens,
    watchTokens,
    playbackKey: keys.playback,
    metrics: new ServerMetrics(metrics?.registry, metrics?.sources),
  };
}

/** As large as the largest file, with what a form adds to it. */
function formLimit(options: ServerOptions): Partial<HttpLimits> {
  const uploadMaxBytes = options.role === "progress" ? 0 : (options.uploadMaxBytes ?? UPLOAD_MAX_BYTES);
  return { formMaxBytes: uploadMaxBytes + FORM_EXTRA_BYTES };
}

/** What holds for every request; a poll pays for it with a header, a look at a flag and one at the URL's length. */
function prepare(fastify: FastifyInstance, options: ServerOptions): void {
  fastify.decorateRequest("identity", null);
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  acceptJsonBodies(fastify);
  // A child logger per request would be made for every poll, and used by none.
  if (options.log !== false) fastify.setChildLoggerFactory((logger) => logger);
  const { leaving } = options;
  fastify.addHook("onRequest", (request, reply, done) => {
    reply.header("x-content-type-options", "nosniff");
    if (leaving?.aborted === true) reply.header("connection", "close");
    if (request.url.length > URL_MAX_BYTES) done(new StatusplaneError("url_too_long"));
    else done();
  });
  if (options.role !== "progress" && options.loopbackOnly === true) {
    answerLoopbackOnly(fastify, (options.allowedOrigins ?? []).map(hostOf));
  }
}

/** The `Host` that a browser sends to an origin. */
function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}

async function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  await fastify.register(cors, {
    origin: [...origins],
    methods: ["GET", "HEAD", "POST"],
    allowedHeaders: ["Accept-Language", "Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
    exposedHeaders: ["Date", "ETag", "Location", "Poll-After-Ms", "Retry-After"],
    credentials: false,
    maxAge: 600,
    strictPreflight: false,
  });
}

/** Of storage, this scope gets a reader and nothing else. */
function watchersRoutes(scope: FastifyInstance, options: ServerOptions, { tokens, metrics }: Shared): void {
  authenticateAll(scope, tokens);
  const progress = {
    reader: options.reader,
    jobTypes: options.jobTypes.map((each) => (typeof each === "string" ? each : each.type)),
    counts: metrics.polls,
    ...(options.pollAfterMs === undefined ? {} : { pollAfterMs: options.pollAfterMs }),
  };
  progressRoutes(scope, progress);
  batchRoutes(scope, progress);
}

async function operatorsRoutes(
  scope: FastifyInstance,
  options: ServerOptions,
  shared: Shared,
): Promise<void> {
  const { tokens, metrics, watchTokens } = shared;
  metrics.observe(scope);
  healthRoutes(scope, options.readiness ?? (() => ({ ready: true, checks: {} })));
  metricsRoutes(scope, { registry: metrics.registry, access: options.metrics?.access ?? "operator", tokens });
  documentRoutes(scope, ownErrors(options));
  await scope.register(async (signedIn) => {
    authenticateAll(signedIn, tokens);
    refuseWatchTokens(signedIn);
    watchTokenRoutes(signedIn, watchTokens);
  });
}

/** The application's own errors and its job types'; a process that holds their names alone knows none. */
function ownErrors(options: ServerOptions): readonly ErrorDefinition[] {
  if (options.role === "progress") return [];
  return [...(options.errors ?? []), ...options.jobTypes.flatMap(({ errors }) => errors)];
}

async function peoplesRoutes(
  scope: FastifyInstance,
  options: FullServerOptions,
  shared: Shared,
): Promise<void> {
  const { reader, records, writer, files, jobTypes } = options;
  const { log } = scope;
  shared.metrics.observe(scope);
  authenticateAll(scope, shared.tokens);
  refuseWatchTokens(scope);
  keepPrivate(scope);
  limitMisses(scope);
  limitReads(scope, shared.tokens.limits);
  const playback = playbackUrls(options, shared);
  const details = new DetailReads({
    records,
    writer,
    log,
    shareOf: (tenant) => shared.tokens.limits.readsOf(tenant),
    ...(options.detailStatementsPerSecond === undefined
      ? {}
      : { statementsPerSecond: options.detailStatementsPerSecond }),
  });
  const afterCommit = new AfterCommit({
    writer,
    queue: options.queue,
    installation: options.installation,
    log,
  });
  detailRoutes(scope, { details, playback });
  jobTypeRoutes(scope, jobTypes);
  historyRoutes(scope, { records, playback });
  playbackRoutes(scope, { reader, details, playback });
  resultRoutes(scope, { reader, writer, records, files, details });
  await scope.register(async (control) =>
    controlRoutes(control, { records, files, afterCommit, details, jobTypes }),
  );
  await scope.register(async (submit) =>
    submitRoutes(submit, {
      records,
      files,
      afterCommit,
      jobTypes,
      watchTokens: shared.watchTokens,
      uploadMaxBytes: options.uploadMaxBytes ?? UPLOAD_MAX_BYTES,
      acceptsWork: options.acceptsWork ?? (() => null),
    }),
  );
  const { extend } = options;
  if (extend !== undefined) await scope.register(async (own) => extend(own, details));
}

/** Without a token: files by signature, the demo's sign-in. */
async function openRoutes(scope: FastifyInstance, options: FullServerOptions, shared: Shared): Promise<void> {
  shared.metrics.observe(scope);
  const { limits } = shared.tokens;
  limitRefusals(scope, limits);
  hlsRoutes(scope, { playback: playbackUrls(options, shared), files: options.files, limits });
  if (options.demo !== true) return;
  demoRoutes(scope, options.signIn);
}

function playbackUrls({ playbackSeconds }: FullServerOptions, { playbackKey }: Shared): PlaybackUrls {
  return new PlaybackUrls({
    key: playbackKey,
    ...(playbackSeconds === undefined ? {} : { seconds: playbackSeconds }),
  });
}
