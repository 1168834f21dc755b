/**
 * The servers under test, in a process of their own, forked by progress-endpoint.ts: our progress endpoint on one
 * port, as a plugin of an application's server on another, its rivals on a third. Tells its ports when it listens, and its CPU time when it is asked.
 */
import { encodeSnapshot, jobRef, type Snapshot } from "@statusplane/core";
import { createServer, statusplane } from "@statusplane/server";
import { openRedisStatusStore } from "@statusplane/redis";
import { Queue } from "bullmq";
import Fastify, { type FastifyInstance } from "fastify";
import type { AddressInfo } from "node:net";
import pg from "pg";

const [redisUrl = "", databaseUrl = "", secret = "", jobCount = "0"] = process.argv.slice(2);
const ids = Array.from({ length: Number(jobCount) }, (_, n) => `job-${n}`);
const TENANT = "7";

const snapshotOf = (id: string): Snapshot => ({
  ref: jobRef(TENANT, "job", id),
  jobType: "excel_import",
  title: "5월 명단.xlsx",
  attempt: 1,
  updatedAt: "2026-11-02T03:04:05.678Z",
  status: "PROCESSING",
  version: 17,
  progress: {
    percent: 42,
    remainingSeconds: 58,
    step: { index: 2, total: 3, key: "import", name: "가져오기", percent: 60 },
  },
});
const constantText = encodeSnapshot(snapshotOf("job-0")).text;

const store = await openRedisStatusStore({ url: redisUrl });
for (const id of ids) await store.writer.write("announce", encodeSnapshot(snapshotOf(id)));
const watching = {
  store,
  signIn: { kind: "secret", secret },
  requestsPerMinute: 1_000_000_000,
  tenantRequestsPerMinute: 1_000_000_000,
} as const;

function openOurs(): Promise<FastifyInstance> {
  return createServer({ ...watching, log: { level: "warn" } });
}

/** In an application's own server, as the baseline's. */
async function openPlugin(): Promise<FastifyInstance> {
  const fastify = Fastify();
  await fastify.register(statusplane, watching);
  return fastify;
}

async function openRivals(): Promise<FastifyInstance> {
  const fastify = Fastify();
  fastify.get("/constant/:id/progress/", (_request, reply) => {
    reply.header("content-type", "application/json; charset=utf-8").send(constantText);
  });
  await addSelect(fastify);
  await addBullmq(fastify);
  return fastify;
}

/** As one polls without a status store: the row by its key. */
async function addSelect(fastify: FastifyInstance): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5 });
  await pool.query(
    "CREATE TABLE job_progress (tenant_id text, id text, status text, percent int, remaining_seconds int, step_index int, step_total int, step_name text, step_percent int, updated_at timestamptz, PRIMARY KEY (tenant_id, id))",
  );
  await pool.query(
    "INSERT INTO job_progress SELECT $1, id, 'PROCESSING', 42, 58, 2, 3, '가져오기', 60, now() FROM unnest($2::text[]) AS id",
    [TENANT, ids],
  );
  const text = "SELECT * FROM job_progress WHERE tenant_id = $1 AND id = $2";
  fastify.get("/select/:id/progress/", async (request, reply) => {
    const { id } = request.params as { readonly id: string };
    const { rows } = await pool.query({ name: "progress", text, values: [TENANT, id] });
    return reply.send(rows[0]);
  });
}

/** As one polls a queue: the job and its state. */
async function addBullmq(fastify: FastifyInstance): Promise<void> {
  const queue = new Queue("bench", { connection: { url: redisUrl } });
  await queue.addBulk(ids.map((id) => ({ name: "import", data: { file: "a.xlsx" }, opts: { jobId: id } })));
  for (const id of ids) await (await queue.getJob(id))?.updateProgress({ percent: 42, step: "가져오기" });
  fastify.get("/bullmq/:id/progress/", async (request, reply) => {
    const { id } = request.params as { readonly id: string };
    const job = await queue.getJob(id);
    return reply.send({ id, state: await job?.getState(), progress: job?.progress });
  });
}

async function listen(fastify: FastifyInstance): Promise<number> {
  await fastify.listen({ port: 0, host: "127.0.0.1" });
  return (fastify.server.address() as AddressInfo).port;
}

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicroseconds: user + system });
});
process.on("disconnect", () => process.exit(0));
process.send?.({
  ours: await listen(await openOurs()),
  plugin: await listen(await openPlugin()),
  rivals: await listen(await openRivals()),
});
