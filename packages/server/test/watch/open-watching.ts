import { DEFAULT_TIMINGS, encodeSnapshot, type JobRef, type Snapshot } from "@statusplane/core";
import { openMemoryStatusStore } from "@statusplane/memory";
import type { FastifyInstance } from "fastify";
import type { AddressInfo } from "node:net";
import { createServer, type ServerOptions } from "../../src/index.ts";
import { SECRET } from "../fakes/index.ts";

const UPDATED_AT = new Date().toISOString();
const named = (ref: JobRef) =>
  ({ ref, jobType: ref.kind === "video" ? "render" : "tally", title: null, updatedAt: UPDATED_AT }) as const;

/** A server that serves watching alone, over the status store in memory; it really listens. */
export async function openWatching(options: Partial<ServerOptions> = {}) {
  const store = openMemoryStatusStore();
  const server: FastifyInstance = await createServer({
    store,
    signIn: { kind: "secret", secret: SECRET },
    log: false,
    ...(options as object),
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return {
    ...{ store, server, port, base: `http://127.0.0.1:${port}` },
    async close() {
      await server.close();
      await store.close();
    },
  };
}

export type Watching = Awaited<ReturnType<typeof openWatching>>;

/** A job that runs. */
export const running = (ref: JobRef, attempt: number, version: number): Snapshot => ({
  ...named(ref),
  ...{ attempt, version, status: "PROCESSING" },
  progress: { percent: version % 100, remainingSeconds: null, step: null },
});

export const pending = (ref: JobRef, attempt: number): Snapshot => ({
  ...named(ref),
  ...{ attempt, status: "PENDING", nextTry: null },
});

export const failed = (ref: JobRef, attempt: number): Snapshot => ({
  ...named(ref),
  ...{ attempt, status: "FAILED", errorCode: "x", errorMessage: "x" },
});

/** Writes as a worker does. */
export async function write({ store }: Watching, snapshot: Snapshot): Promise<void> {
  const kind =
    snapshot.status === "PENDING" ? "announce" : snapshot.status === "PROCESSING" ? "progress" : "finish";
  const { answer } = await store.writer.write(kind, encodeSnapshot(snapshot));
  if (answer !== "accepted") throw new Error(`the write was ${answer}`);
}
