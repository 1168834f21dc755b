/**
 * The design note's scenario: 3 videos and 2 Excel imports in progress, watched for a minute. Polling the database (one
 * SELECT per poll, one poll a second and job) side by side with Statusplane (the real api process, Redis, BullMQ; each
 * watcher is the real client with its adaptive schedule), in the same minute, each on a Postgres of its own. The jobs
 * report progress four times a second, as the real ones do, but encode nothing: the machine's two cores are for Postgres.
 */
import { jobRef } from "@statusplane/core";
import { createClient } from "@statusplane/client";
import { openServerDatabase } from "@statusplane/db";
import { openRedisStatusStore } from "@statusplane/status-store";
import { startPostgres, withClient, type PostgresServer } from "@statusplane/test-support";
import { createBullmqQueue, createWorker, defineJob } from "@statusplane/worker";
import Fastify from "fastify";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { openFolderFiles } from "../../apps/academy/src/files/index.ts";
import { Api } from "../../test/end-to-end/support/api.ts";
import { Deployment } from "../../test/end-to-end/support/deployment.ts";
import { postgresCpuSeconds } from "./postgres-cpu.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "60");
const WATCHERS = [1, 100];
const JOBS = 5;

interface Measured {
  readonly requests: number;
  readonly selects: number;
  readonly statements: number;
  readonly cpuSeconds: number;
}

export async function run(): Promise<void> {
  console.log(`3 videos and 2 imports in progress, ${SECONDS} s, both sides in the same minute`);
  console.log("watchers  side                  requests/min  SELECTs/min  statements/min  Postgres CPU s");
  const old = await openOldDesign();
  const ours = await openStatusplane();
  try {
    for (const watchers of WATCHERS) {
      const [polled, watched] = await Promise.all([old.watch(watchers), ours.watch(watchers)]);
      print(watchers, "polling the database", polled);
      print(watchers, "Statusplane", watched);
    }
    console.log(
      `Statusplane's own count of statements caused by watching: ${await ours.watchingStatements()}`,
    );
    console.log(
      "Its other statements: the reconciler (tick and sweep), one lease renewal per worker and 30 s.",
    );
  } finally {
    await ours.close();
    await old.close();
  }
}

function print(
  watchers: number,
  side: string,
  { requests, selects, statements, cpuSeconds }: Measured,
): void {
  const perMinute = (count: number): string => Math.round((count * 60) / SECONDS).toLocaleString("en-US");
  console.log(
    [
      String(watchers).padStart(8),
      side.padEnd(20),
      perMinute(requests).padStart(13),
      perMinute(selects).padStart(12),
      perMinute(statements).padStart(15),
      ((cpuSeconds * 60) / SECONDS).toFixed(2).padStart(15),
    ].join("  "),
  );
}

/** Counts inside Postgres what is executed, and its CPU, while `during` goes on. */
async function measure(
  server: PostgresServer,
  url: string,
  during: () => Promise<number>,
): Promise<Measured> {
  const before = { counts: await countStatements(url), cpu: await postgresCpuSeconds(server.pid) };
  const requests = await during();
  const cpuSeconds = (await postgresCpuSeconds(server.pid)) - before.cpu;
  const after = await countStatements(url);
  return {
    requests,
    selects: after.selects - before.counts.selects,
    statements: after.statements - before.counts.statements,
    cpuSeconds,
  };
}

async function countStatements(url: string): Promise<{ selects: number; statements: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ selects: string; statements: string }>(
      `SELECT coalesce(sum(calls) FILTER (WHERE query ~* '^\\s*SELECT'), 0) AS selects, coalesce(sum(calls), 0) AS statements
         FROM pg_stat_statements WHERE toplevel AND query !~ 'pg_stat_statements'`,
    );
    return { selects: Number(rows[0]?.selects), statements: Number(rows[0]?.statements) };
  });
}

interface Side {
  watch(watchers: number): Promise<Measured>;
  close(): Promise<void>;
}

/** A row per job, a SELECT per poll: what the note measured. */
async function openOldDesign(): Promise<Side> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase("old");
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on("error", () => undefined); // at the end its server goes first; a query in flight reports its own error
  await pool.query("CREATE EXTENSION pg_stat_statements");
  await pool.query(
    "CREATE TABLE job (tenant_id text, id text, status text, percent int, step text, PRIMARY KEY (tenant_id, id))",
  );
  await pool.query(
    "INSERT INTO job SELECT '7', i::text, 'PROCESSING', 40, '인코딩' FROM generate_series(1, $1) i",
    [JOBS],
  );
  const server = Fastify();
  server.get<{ Params: { id: string } }>("/progress/:id", async ({ params }) => {
    const text = "SELECT id, status, percent, step FROM job WHERE tenant_id = $1 AND id = $2";
    return (await pool.query({ name: "poll", text, values: ["7", params.id] })).rows[0] as object;
  });
  const address = await server.listen({ host: "127.0.0.1", port: 0 });

  async function poll(id: number, until: number): Promise<number> {
    let requests = 0;
    await sleep(Math.random() * 1_000);
    for (; Date.now() < until; requests++) {
      const next = Date.now() + 1_000;
      await (await fetch(`${address}/progress/${id}`)).arrayBuffer();
      await sleep(Math.max(0, next - Date.now()));
    }
    return requests;
  }

  return {
    watch: (watchers) =>
      measure(postgres, url, async () => {
        const until = Date.now() + SECONDS * 1_000;
        const loops = Array.from({ length: watchers * JOBS }, (_, i) => poll((i % JOBS) + 1, until));
        return (await Promise.all(loops)).reduce((sum, each) => sum + each, 0);
      }),
    async close() {
      await server.close();
      await pool.end();
      await postgres.stop();
    },
  };
}

/** The api process, and a worker in this process whose jobs last as long as the bench. */
async function openStatusplane(): Promise<Side & { watchingStatements(): Promise<number> }> {
  const deployment = await Deployment.open();
  const api = await deployment.start("api", { RATE_LIMIT_PER_MINUTE: "1000000" });
  const database = await openServerDatabase({ url: deployment.databaseUrl });
  const store = await openRedisStatusStore({ url: deployment.statusRedis.url });
  const queue = await createBullmqQueue({ url: deployment.queueRedis.url });
  const worker = createWorker({
    jobs: [standIn("video_hls", "video"), standIn("excel_import", "job")],
    records: database.worker,
    writer: store.writer,
    queue,
    installation: store.installation,
    files: await openFolderFiles(join(deployment.folder, "data")),
  });
  await worker.start();
  const signedIn = await deployment.api(api, "7");
  const refs = await submitAll(signedIn);

  return {
    watch: (watchers) =>
      measure(deployment.postgres, deployment.databaseUrl, async () => {
        let requests = 0;
        const counted: typeof fetch = (input, init) => {
          requests += 1;
          return fetch(input, init);
        };
        const clients = Array.from({ length: watchers }, () => {
          const client = createClient({ baseUrl: api.url, getToken: () => signedIn.token, fetch: counted });
          for (const ref of refs) client.watch(ref);
          return client;
        });
        await sleep(SECONDS * 1_000);
        for (const client of clients) client.close();
        return requests;
      }),
    async watchingStatements() {
      const metrics = await (await fetch(`${api.url}/metrics`)).text();
      return Number(
        /^statusplane_statements_total\{cause="watching"\} (\d+)$/m.exec(metrics)?.[1] ?? Number.NaN,
      );
    },
    async close() {
      await worker.stop();
      await Promise.all([queue.close(), store.close(), database.close()]);
      await deployment.close();
    },
  };
}

/** Reports as an encoder or an import does, and ends when it is told to. */
function standIn(type: string, kind: "video" | "job") {
  return defineJob({
    type,
    kind,
    steps: [{ key: "encode", name: "인코딩" }],
    run: async (ctx) => {
      ctx.step("encode");
      for (let beat = 0; !ctx.signal.aborted; beat++) {
        ctx.progress(Math.min(99, beat / 20));
        await sleep(250);
      }
      throw ctx.signal.reason;
    },
  });
}

async function submitAll(api: Api): Promise<{ kind: "video" | "job"; id: string }[]> {
  const submit = async (
    path: string,
    head: string,
    fields: Record<string, string>,
  ): Promise<{ id?: string; job_id?: string }> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set("file", new Blob([head + "\0".repeat(4_096)]), "input");
    const { status, body } = await api.call<{ id?: string; job_id?: string }>(path, { form });
    if (status !== 202) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  const refs: { kind: "video" | "job"; id: string }[] = [];
  for (let i = 0; i < 3; i++) {
    const { id } = await submit("/media/videos/", "\0\0\0\x20ftypisom", { title: `lecture ${i}` });
    refs.push({ kind: "video", id: jobRef("7", "video", String(id)).id });
  }
  for (let i = 0; i < 2; i++) {
    const { job_id: id } = await submit("/api/v1/jobs/", "PK\x03\x04", { job_type: "excel_import" });
    refs.push({ kind: "job", id: jobRef("7", "job", String(id)).id });
  }
  return refs;
}
