import { readdir, readFile } from "node:fs/promises";
import type { Connections, Transaction } from "./connections.ts";
import { DEFAULT_SCHEMA, PLATFORM, type SchemaNames } from "./schema-names.ts";

/** Numbered `.sql` files and the schema that they fill. */
export interface MigrationList {
  /**
   * Tells lists apart. In SQL, the files' and the application's own, `:"{name}"` is the schema of their tables, which
   * the runner makes: `{schema}_{name}`. `a-z`, `0-9` and `_`, at most 31; `statusplane` is the platform's own.
   */
  readonly name: string;
  /** Holds the files, applied by name; a file must not end the transaction it runs in. */
  readonly folder: URL;
}

/** One file of a list. */
export interface Migration {
  readonly list: string;
  readonly name: string;
}

/** What a list's files are to this database. */
export interface MigrationStatus extends Migration {
  /** ISO 8601; null: not applied yet. */
  readonly appliedAt: string | null;
}

type Ask = Pick<Transaction, "query">;

/** Any fixed number: everyone who migrates waits for this lock, whatever the list and the schema. */
const MIGRATION_LOCK = 1_937_009_517;

const APPLIED_FILES = `:"${PLATFORM}".schema_migration`;

/** The lock ends with the transaction: a transaction pooler cannot leave it behind. Waiting for it has no time-out. */
async function lockMigrations({ query }: Ask): Promise<void> {
  await query({ text: "SET LOCAL statement_timeout = 0" });
  await query({ text: "SELECT pg_advisory_xact_lock($1)", values: [MIGRATION_LOCK], answerTimeoutMs: 0 });
}

/**
 * Whether the schema holds the table of applied files with the column that ours has: another program's of that name may
 * have any. Read from the catalogue's tables: a name that is resolved may be remembered as missing from before the lock.
 */
async function isBegun({ query }: Ask, schema: string): Promise<boolean> {
  const { rows } = await query({
    text: `SELECT FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
             JOIN pg_namespace ON pg_namespace.oid = relnamespace
           WHERE nspname = $1 AND relname = 'schema_migration' AND relkind = 'r' AND attname = 'space'`,
    values: [schema],
  });
  return rows.length > 0;
}

/** When each file of the list was applied, by name. */
async function readApplied({ query }: Ask, list: string): Promise<ReadonlyMap<string, string>> {
  const text = `SELECT name, applied_at FROM ${APPLIED_FILES} WHERE space = $1`;
  const { rows } = await query({ text, values: [list] });
  return new Map(rows.map((row) => [String(row["name"]), new Date(String(row["applied_at"])).toISOString()]));
}

/** Whoever may not create a schema is given one beforehand: only a missing one is made. */
async function makeSchema({ query }: Ask, schema: string): Promise<void> {
  const { rows } = await query({ text: "SELECT FROM pg_namespace WHERE nspname = $1", values: [schema] });
  if (rows.length === 0) await query({ text: `CREATE SCHEMA "${schema}"` });
}

/** Whether `public` holds what a version before the schemas made there. */
async function isInPublic(transaction: Ask): Promise<boolean> {
  if (!(await isBegun(transaction, "public"))) return false;
  const text = "SELECT FROM public.schema_migration WHERE space = $1";
  return (await transaction.query({ text, values: [PLATFORM] })).rows.length > 0;
}

/**
 * Takes the table of applied files along from `public`; with it each list's first file knows what it has to move. What
 * stays there is a view: a process of the version before that starts again would else make empty tables of its own and
 * work beside us; so it fails at its first statement.
 */
async function leavePublic(transaction: Ask, schema: string): Promise<void> {
  if (schema !== DEFAULT_SCHEMA) {
    throw new Error(
      `the schema public holds the tables of an earlier version, and ${schema} would begin empty: start once with ` +
        `the schema ${DEFAULT_SCHEMA}, which moves them there`,
    );
  }
  await transaction.query({ text: `ALTER TABLE public.schema_migration SET SCHEMA "${schema}"` });
  await transaction.query({
    text: `CREATE VIEW public.schema_migration AS SELECT space, name, applied_at FROM ${APPLIED_FILES}`,
  });
}

/** The table of applied files is made by whoever comes first; afterwards nobody needs the right to create one. */
async function makeTable(connections: Connections, schema: string): Promise<void> {
  const query: Ask["query"] = (one) => connections.query("housekeeping", one);
  if (await isBegun({ query }, schema)) return;
  await connections.transaction("housekeeping", async (transaction) => {
    await lockMigrations(transaction);
    if (await isBegun(transaction, schema)) return;
    await makeSchema(transaction, schema);
    if (await isInPublic(transaction)) return leavePublic(transaction, schema);
    await transaction.query({
      text: `CREATE TABLE ${APPLIED_FILES} (
        space text NOT NULL, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (space, name))`,
    });
  });
}

async function filesOf({ folder }: MigrationList): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
}

/** @returns whether this call applied it: somebody else may have been faster. */
async function applyFile(
  connections: Connections,
  list: MigrationList,
  { name, schema }: { readonly name: string; readonly schema: string },
): Promise<boolean> {
  const sql = await readFile(new URL(name, list.folder), "utf8");
  return connections.transaction("housekeeping", async (transaction) => {
    await lockMigrations(transaction);
    if ((await readApplied(transaction, list.name)).has(name)) return false;
    await makeSchema(transaction, schema);
    await transaction.query({ text: sql, answerTimeoutMs: 0 }).catch((cause: unknown) => {
      throw new Error(`migration ${list.name}/${name} failed: ${String(cause)}`, { cause });
    });
    const text = `INSERT INTO ${APPLIED_FILES} (space, name) VALUES ($1, $2)`;
    await transaction.query({ text, values: [list.name, name] });
    return true;
  });
}

/**
 * Applies the lists' files that this database has not seen, list after list and by name, each in a transaction of its
 * own. Safe when twenty processes start at once: one applies, the others wait and find it done.
 * @returns what this call applied.
 * @throws {database_unavailable}; {RangeError} for a list that cannot be called so; an Error naming the file when its
 * SQL fails: nothing of it stays.
 */
export async function migrate(
  connections: Connections,
  names: SchemaNames,
  lists: readonly MigrationList[],
): Promise<readonly Migration[]> {
  const applied: Migration[] = [];
  await makeTable(connections, names.of(PLATFORM));
  for (const list of lists) {
    const schema = names.of(list.name);
    const query: Ask["query"] = (one) => connections.query("housekeeping", one);
    const seen = await readApplied({ query }, list.name);
    for (const name of (await filesOf(list)).filter((file) => !seen.has(file))) {
      if (await applyFile(connections, list, { name, schema })) applied.push({ list: list.name, name });
    }
  }
  return applied;
}

/**
 * Which of the lists' files this database has seen; changes nothing.
 * @throws {database_unavailable}
 */
export async function migrationStatus(
  connections: Connections,
  names: SchemaNames,
  lists: readonly MigrationList[],
): Promise<readonly MigrationStatus[]> {
  const query: Ask["query"] = (one) => connections.query("housekeeping", one);
  const began = await isBegun({ query }, names.of(PLATFORM));
  const status: MigrationStatus[] = [];
  for (const list of lists) {
    const applied = began ? await readApplied({ query }, list.name) : new Map<string, string>();
    const files = await filesOf(list);
    status.push(...files.map((name) => ({ list: list.name, name, appliedAt: applied.get(name) ?? null })));
  }
  return status;
}
