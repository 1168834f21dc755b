import { startPostgres, withClient } from "@statusplane/test-support";
import Fastify from "fastify";
import pg from "pg";
import { pollEverySecond } from "./poll-every-second.ts";
import { PostgresMeter } from "./postgres-meter.ts";

/** Its database role. */
export const OLD_ROLE = "polling";
const JOBS = 5;

/** The design that the product replaces: a row per job, one SELECT per poll, on a Postgres of its own. */
export interface OldDesign {
  readonly meter: PostgresMeter;
  /** Connects, for it does not before. */
  start(): Promise<void>;
  watch(watchers: number, milliseconds: number): Promise<number>;
  close(): Promise<void>;
}

export async function openOldDesign(): Promise<OldDesign> {
  const postgres = await startPostgres();
  await withClient(postgres.url, async (client) => {
    await client.query(`CREATE EXTENSION pg_stat_statements; CREATE ROLE ${OLD_ROLE} LOGIN SUPERUSER`);
    await client.query(
      "CREATE TABLE job (tenant_id text, id text, status text, percent int, step text, PRIMARY KEY (tenant_id, id))",
    );
    await client.query(
      "INSERT INTO job SELECT '7', i::text, 'PROCESSING', 40, '인코딩' FROM generate_series(1, $1) i",
      [JOBS],
    );
  });
  const pool = new pg.Pool({ connectionString: postgres.url.replace("postgres@", `${OLD_ROLE}@`), max: 10 });
  pool.on("error", () => undefined); // at the end its server goes first; a query in flight reports its own error
  const server = Fastify();
  server.get<{ Params: { id: string } }>("/progress/:id", async ({ params }) => {
    const text = "SELECT id, status, percent, step FROM job WHERE tenant_id = $1 AND id = $2";
    return (await pool.query({ name: "poll", text, values: ["7", params.id] })).rows[0] as object;
  });
  let address = "";
  return {
    meter: new PostgresMeter(postgres),
    async start() {
      address = await server.listen({ host: "127.0.0.1", port: 0 });
    },
    watch: (watchers, milliseconds) =>
      pollEverySecond({
        watchers,
        jobs: JOBS,
        urlOf: (job) => `${address}/progress/${job + 1}`,
        milliseconds,
      }),
    async close() {
      await server.close();
      await pool.end();
      await postgres.stop();
    },
  };
}
