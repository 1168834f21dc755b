import { readdir, readFile } from "node:fs/promises";
import type { Query } from "@statusplane/postgres";

/** The platform's files that were applied before its tables had a schema of their own. */
const APPLIED_IN_PUBLIC = ["001_jobs.sql", "002_history_filters.sql", "003_job_attempt.sql"];
const PLATFORM_FOLDER = new URL("../migrations/", import.meta.url);

/** What an application's list had applied then. */
export const EARLIER_LIST = {
  name: "shop",
  files: {
    "000_out_of_public.sql": `
      DO $$ BEGIN
        IF EXISTS (SELECT FROM :"statusplane".schema_migration WHERE space = 'shop' AND name = '001_orders.sql') THEN
          ALTER TABLE public.orders SET SCHEMA :"shop";
        END IF;
      END $$`,
    "001_orders.sql": 'CREATE TABLE :"shop".orders (no int)',
  },
};

/** The same statements as the version before sent them: no schema is named. */
const unqualified = (sql: string): string => sql.replaceAll(/:"\w+"\./g, "");

/** Makes, in `public`, what the version before made of an empty database, with a PENDING job and an order in it. */
export async function makeEarlierTables(
  query: (query: Query) => Promise<unknown>,
  applied: readonly string[] = APPLIED_IN_PUBLIC,
): Promise<void> {
  const all = await readdir(PLATFORM_FOLDER);
  const missing = applied.filter((name) => !all.includes(name));
  if (missing.length > 0) throw new Error(`no migration ${missing.join(", ")}`);
  const files = await Promise.all(applied.map((name) => readFile(new URL(name, PLATFORM_FOLDER), "utf8")));
  for (const sql of [
    "SET search_path = public",
    "CREATE TABLE schema_migration (space text, name text, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (space, name))",
    ...files.map(unqualified),
    unqualified(EARLIER_LIST.files["001_orders.sql"]),
    "INSERT INTO orders VALUES (7)",
    "INSERT INTO schema_migration (space, name) VALUES ('shop', '001_orders.sql')",
    ...applied.map((name) => `INSERT INTO schema_migration (space, name) VALUES ('statusplane', '${name}')`),
    "INSERT INTO job (tenant_id, kind, id, job_type, payload) VALUES ('7', 'job', 'earlier', 'kept', '{}')",
    "INSERT INTO job_outbox (tenant_id, kind, id, since, due_at) VALUES ('7', 'job', 'earlier', now(), now())",
    "INSERT INTO idempotency (tenant_id, key, body_hash, kind, id) VALUES ('7', 'key', 'hash', 'job', 'earlier')",
    "RESET search_path",
  ]) {
    await query({ text: sql });
  }
}
