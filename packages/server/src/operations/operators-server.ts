import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Registry } from "prom-client";
import { healthRoutes, type Readiness } from "./health-routes.ts";
import { ServerMetrics, type MetricSources } from "./server-metrics.ts";

export interface OperatorsServerOptions {
  readonly registry: Registry;
  /** What `/metrics` shows beside what is in the registry; absent where a server of this process fills it. */
  readonly sources?: MetricSources;
  readonly readiness: () => Readiness;
}

/**
 * A server with `/healthz`, `/readyz` and `/metrics` alone, open to whoever reaches it: for an address of the operators'
 * own, and for processes that serve nobody else. The caller listens and closes.
 */
export function createOperatorsServer({
  registry,
  sources,
  readiness,
}: OperatorsServerOptions): FastifyInstance {
  const fastify: FastifyInstance = Fastify({ logger: false, forceCloseConnections: true });
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  const metrics = sources === undefined ? { registry } : new ServerMetrics(registry, sources);
  healthRoutes(fastify, readiness);
  fastify.get("/metrics", async (_request, reply) =>
    reply
      .header("content-type", metrics.registry.contentType)
      .header("cache-control", "no-store")
      .send(await metrics.registry.metrics()),
  );
  return fastify;
}
