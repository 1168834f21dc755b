import { startPostgres, withClient } from "@statusplane/test-support";
import Fastify from "fastify";
import { jwtVerify } from "jose";
import pg from "pg";
import { PostgresMeter } from "../polling/postgres-meter.ts";

/** Its database role. */
export const RIVAL_ROLE = "heartbeats";

/** How others keep what is watched: a statement per heartbeat, on a Postgres of its own. */
export const RIVALS = {
  insert: {
    name: "INSERT per heartbeat",
    text: "INSERT INTO heartbeat (tenant_id, video_id, viewer, from_s, to_s) VALUES ($1, $2, $3, $4, $5)",
  },
  update: {
    name: "UPDATE per heartbeat",
    text: `INSERT INTO watched AS w (tenant_id, video_id, viewer, position_s, watched_s) VALUES ($1, $2, $3, $5, $5::int - $4::int)
      ON CONFLICT (tenant_id, video_id, viewer) DO UPDATE
      SET position_s = excluded.position_s, watched_s = w.watched_s + excluded.watched_s, seen_at = now()`,
  },
} as const;

export interface HeartbeatRival {
  readonly meter: PostgresMeter;
  readonly origin: string;
  close(): Promise<void>;
}

/** The same kind of HTTP server with the same kind of sign-in; what it does with a report is one statement. */
export async function openRival(which: keyof typeof RIVALS, secret: string): Promise<HeartbeatRival> {
  const postgres = await startPostgres();
  await withClient(postgres.url, async (client) => {
    await client.query(`CREATE EXTENSION pg_stat_statements; CREATE ROLE ${RIVAL_ROLE} LOGIN SUPERUSER`);
    await client.query(
      `CREATE TABLE heartbeat (id bigserial PRIMARY KEY, tenant_id text, video_id text, viewer text, from_s int, to_s int,
         at timestamptz NOT NULL DEFAULT now());
       CREATE INDEX heartbeat_viewer ON heartbeat (tenant_id, video_id, viewer);
       CREATE TABLE watched (tenant_id text, video_id text, viewer text, position_s int, watched_s int,
         seen_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, video_id, viewer))`,
    );
  });
  const pool = new pg.Pool({
    connectionString: postgres.url.replace("postgres@", `${RIVAL_ROLE}@`),
    max: 10,
  });
  pool.on("error", () => undefined); // at the end its server goes first; a query in flight reports its own error
  const server = Fastify();
  const key = new TextEncoder().encode(secret);
  server.post<{ Body: { reports: readonly { video: string; ranges: readonly [number, number][] }[] } }>(
    "/heartbeat",
    async ({ headers, body }) => {
      const { payload } = await jwtVerify((headers.authorization ?? "").slice("Bearer ".length), key);
      const [report] = body.reports;
      const [from, to] = report?.ranges[0] ?? [];
      const values = [payload["tenant_id"], report?.video, payload.sub, from, to];
      await pool.query({ name: which, text: RIVALS[which].text, values });
      return { ok: true };
    },
  );
  return {
    meter: new PostgresMeter(postgres),
    origin: await server.listen({ host: "127.0.0.1", port: 0 }),
    async close() {
      await server.close();
      await pool.end();
      await postgres.stop();
    },
  };
}
