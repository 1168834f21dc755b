import cors from "@fastify/cors";
import type { ErrorDefinition } from "@statusplane/core";
import Fastify, { type FastifyInstance } from "fastify";
import { ROUTE_METHODS } from "./auth/index.ts";
import { answerUnknown, KnownRoutes } from "./errors/index.ts";
import {
  answerLoopbackOnly,
  Connections,
  fastifyOptions,
  HTTP_LIMITS,
  keepConnections,
  type HttpLimits,
} from "./http/index.ts";
import { makeParts, mount, prepare, UPLOAD_MAX_BYTES, type MountOptions, type Parts } from "./mount/index.ts";
import { documentApi, documentRoutes, healthRoutes, metricsRoutes } from "./operations/index.ts";
import type { ServerOptions } from "./server-options.ts";
import { FORM_EXTRA_BYTES } from "./submit/index.ts";
import { answerPageAddress, pageRoutes } from "./web/index.ts";

/**
 * A server of its own: what {@link statusplane} mounts in an application's, with care for connections, the operators' routes,
 * the API's documents and a page around it. The answer is ready, not listening; the caller listens and closes.
 * @throws {TypeError} when nobody could sign in, for a secret under 32 bytes, or without one where it is needed.
 *
 * @example
 * const server = await createServer({ store, authenticate }); // watching alone
 * await server.listen({ port: 3000 });
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const connections = new Connections({ ...HTTP_LIMITS, ...formLimit(options), ...options.http });
  const fastify: FastifyInstance = Fastify({
    ...fastifyOptions(options.log === false ? undefined : (options.log ?? {}), connections),
    trustProxy: [...(options.trustedProxies ?? ["loopback"])],
  });
  keepConnections(fastify, connections, options);
  const parts = await makeParts(options, fastify.log, options.metrics?.sources);
  const routes = new KnownRoutes();
  routes.listenTo(fastify);
  const page = { served: false };
  prepareServer(fastify, options);
  answerUnknown(fastify, {
    routes,
    unknownAddress: options.records === undefined ? "not_served_here" : "route_not_found",
    fallback: (request, reply) => page.served && answerPageAddress(request, reply),
  });
  await documentApi(fastify);
  await allowOrigins(fastify, options);
  await fastify.register(async (scope) => mount(scope, options, parts));
  await fastify.register(async (scope) => operatorsRoutes(scope, options, parts));
  if (options.webRoot !== undefined) page.served = await pageRoutes(fastify, options.webRoot);
  await fastify.ready();
  return fastify;
}

/** As large as the largest file, with what a form adds to it. */
function formLimit(options: MountOptions): Partial<HttpLimits> {
  const uploadMaxBytes = options.records === undefined ? 0 : (options.uploadMaxBytes ?? UPLOAD_MAX_BYTES);
  return { formMaxBytes: uploadMaxBytes + FORM_EXTRA_BYTES };
}

function prepareServer(fastify: FastifyInstance, options: ServerOptions): void {
  prepare(fastify);
  // A child logger per request would be made for every poll, and used by none.
  if (options.log !== false) fastify.setChildLoggerFactory((logger) => logger);
  const { leaving } = options;
  if (leaving !== undefined) {
    fastify.addHook("onRequest", (_request, reply, done) => {
      if (leaving.aborted) reply.header("connection", "close");
      done();
    });
  }
  if (options.loopbackOnly === true) {
    answerLoopbackOnly(fastify, (options.allowedOrigins ?? []).map(hostOf));
  }
}

/** The `Host` that a browser sends to an origin. */
function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}

const ASKED_HEADERS = [
  ...["Accept-Language", "Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Prefer"],
];

/** CORS, for the origins that are listed: with cookies only where somebody could be signed in by one. */
async function allowOrigins(
  fastify: FastifyInstance,
  { allowedOrigins = [], authenticate }: ServerOptions,
): Promise<void> {
  if (allowedOrigins.length === 0) return;
  await fastify.register(cors, {
    origin: [...allowedOrigins],
    methods: ["HEAD", ...ROUTE_METHODS],
    allowedHeaders: [...ASKED_HEADERS],
    exposedHeaders: ["Date", "ETag", "Location", "Poll-After-Ms", "Preference-Applied", "Retry-After"],
    credentials: authenticate !== undefined,
    maxAge: 600,
    strictPreflight: false,
  });
}

function operatorsRoutes(scope: FastifyInstance, options: ServerOptions, { signIns, metrics }: Parts): void {
  metrics.observe(scope);
  healthRoutes(scope, options.readiness ?? (() => ({ ready: true, checks: {} })));
  metricsRoutes(scope, {
    registry: metrics.registry,
    access: options.metrics?.access ?? "operator",
    signIns,
  });
  documentRoutes(scope, ownErrors(options));
}

/** The application's own errors and its job types'; a process that holds their names alone knows none. */
function ownErrors(options: ServerOptions): readonly ErrorDefinition[] {
  if (options.records === undefined) return [];
  return [...(options.errors ?? []), ...options.jobTypes.flatMap(({ errors }) => errors)];
}
