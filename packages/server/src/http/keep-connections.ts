import type { FastifyInstance } from "fastify";
import type { Connections } from "./connections.ts";

export interface KeepConnectionsOptions {
  /** From its abort on each answer ends its connection. Default: never. */
  readonly leaving?: AbortSignal;
  /** So long after that the server goes on, and a connection that no answer ended must have been idle, ms. Default 5,000. */
  readonly drainMs?: number;
}

const DRAIN_MS = 5_000;
/** So long after the abort it waits for connections that are new. */
const WAIT_FOR_IDLE_MS = 15_000;
/** So long after the abort what is still under way is cut: a process is to be gone after 25 s. */
const CUT_AFTER_MS = 20_000;

/** Watches connections while the server lives; one that leaves closes none before it was told, or was idle for long. */
export function keepConnections(
  fastify: FastifyInstance,
  connections: Connections,
  { leaving, drainMs = DRAIN_MS }: KeepConnectionsOptions,
): void {
  const unwatch = connections.watch(fastify.server);
  let leftAtMs: number | null = null;
  let cutting: NodeJS.Timeout | undefined;
  const leave = (): void => void (leftAtMs = performance.now());
  leaving?.addEventListener("abort", leave, { once: true });
  fastify.addHook("preClose", async () => {
    if (leftAtMs === null || !fastify.server.listening) return;
    const cutAtMs = leftAtMs + CUT_AFTER_MS;
    const withinMs = Math.max(drainMs, WAIT_FOR_IDLE_MS);
    await connections.leave({ sinceMs: leftAtMs, idleMs: drainMs, withinMs });
    cutting = setTimeout(() => fastify.server.closeAllConnections(), cutAtMs - performance.now());
  });
  fastify.addHook("onClose", async () => {
    clearTimeout(cutting);
    leaving?.removeEventListener("abort", leave);
    unwatch();
  });
}
