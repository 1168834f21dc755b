import { readdir, readFile } from "node:fs/promises";
import type { Connections, Transaction } from "./connections.ts";

/** Any fixed number: everyone who migrates waits for this lock, whatever the space. */
const MIGRATION_LOCK = 1_937_009_517;

/** The lock ends with the transaction: a transaction pooler cannot leave it behind. Waiting for it has no time-out. */
async function lockMigrations({ query }: Transaction): Promise<void> {
  await query({ text: "SET LOCAL statement_timeout = 0" });
  await query({ text: "SELECT pg_advisory_xact_lock($1)", values: [MIGRATION_LOCK], answerTimeoutMs: 0 });
}

async function readApplied(
  { query }: Pick<Transaction, "query">,
  space: string,
): Promise<ReadonlySet<unknown>> {
  const text = "SELECT name FROM schema_migration WHERE space = $1";
  return new Set((await query({ text, values: [space] })).rows.map((row) => row["name"]));
}

/** The table of applied names is made by whoever comes first; afterwards nobody needs the right to create one. */
async function makeTable(connections: Connections): Promise<void> {
  const { rows } = await connections.query("housekeeping", {
    text: "SELECT to_regclass('schema_migration') IS NOT NULL AS there",
  });
  if (rows[0]?.["there"] === true) return;
  await connections.transaction("housekeeping", async (transaction) => {
    await lockMigrations(transaction);
    await transaction.query({
      text: `CREATE TABLE IF NOT EXISTS schema_migration (
        space text NOT NULL, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (space, name))`,
    });
  });
}

/**
 * Applies the folder's `*.sql` files that this space has not seen, by name, each in a transaction of its own. Safe when
 * twenty processes start at once: one applies, the others wait and find it done.
 * @param folder holds the files; a file must not end the transaction it runs in.
 * @param space keeps the names of several folders apart, e.g. `statusplane`, `academy`.
 * @returns the names applied by this call.
 * @throws {database_unavailable}; an Error naming the file when its SQL fails: nothing of it stays.
 */
export async function migrate(
  connections: Connections,
  folder: URL,
  space: string,
): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  await makeTable(connections);
  const seen = await readApplied({ query: (query) => connections.query("housekeeping", query) }, space);
  const applied: string[] = [];
  for (const name of names.filter((name) => !seen.has(name))) {
    const sql = await readFile(new URL(name, folder), "utf8");
    const mine = await connections.transaction("housekeeping", async (transaction) => {
      await lockMigrations(transaction);
      if ((await readApplied(transaction, space)).has(name)) return false;
      await transaction.query({ text: sql, answerTimeoutMs: 0 }).catch((cause: unknown) => {
        throw new Error(`migration ${space}/${name} failed: ${String(cause)}`, { cause });
      });
      const text = "INSERT INTO schema_migration (space, name) VALUES ($1, $2)";
      await transaction.query({ text, values: [space, name] });
      return true;
    });
    if (mine) applied.push(name);
  }
  return applied;
}
