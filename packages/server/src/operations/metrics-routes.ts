import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { authenticateWith, requireOperator, type SignIns } from "../auth/index.ts";

/** Who may read `/metrics` on the server's own port. */
export type MetricsAccess =
  /** Anyone who can connect: a loopback address. */
  | "open"
  /** A token with the role `operator`. */
  | "operator"
  /** Nobody here: it is on a port of its own. */
  | "elsewhere";

/** `/metrics` in Prometheus' text format. */
export function metricsRoutes(
  fastify: FastifyInstance,
  {
    registry,
    access,
    signIns,
  }: { readonly registry: Registry; readonly access: MetricsAccess; readonly signIns: SignIns },
): void {
  if (access === "elsewhere") return;
  const guard = access === "operator" ? { onRequest: authenticateWith(signIns) } : {};
  fastify.get(
    "/metrics",
    { ...guard, config: { documents: { tags: ["operators"], summary: "Prometheus metrics", response: {} } } },
    async (request, reply) => {
      if (access === "operator") requireOperator(request);
      const text = await registry.metrics();
      return reply
        .header("content-type", registry.contentType)
        .header("cache-control", "no-store")
        .send(text);
    },
  );
}
