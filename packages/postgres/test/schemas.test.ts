import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jobRef } from "@statusplane/core";
import {
  isSchemaName,
  openEmbeddedDatabase,
  openServerDatabase,
  type Database,
  type MigrationList,
} from "@statusplane/postgres";
import { startPostgres, withClient, type PostgresServer } from "@statusplane/test-support";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { schemaNames } from "../src/schema-names.ts";
import { LEASE_MS, newJob } from "@statusplane/core/testing/job-records";
import { EARLIER_LIST, makeEarlierTables } from "./earlier-tables.ts";

let server: PostgresServer;
let url: string;
let folder: string;
let migrations: readonly MigrationList[];
let opened: Database[] = [];

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop());
beforeEach(async () => {
  url = await server.createDatabase();
  folder = await mkdtemp(join(tmpdir(), "statusplane-schemas-"));
  for (const [name, sql] of Object.entries(EARLIER_LIST.files)) await writeFile(join(folder, name), sql);
  migrations = [{ name: EARLIER_LIST.name, folder: pathToFileURL(`${folder}/`) }];
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()));
  opened = [];
  await rm(folder, { recursive: true });
});

async function open(schema?: string): Promise<Database> {
  const database = await openServerDatabase({ url, migrations, ...(schema === undefined ? {} : { schema }) });
  opened.push(database);
  return database;
}

/** `schema.relation` of all tables and views that are not Postgres' own. */
async function relations(database: Database): Promise<readonly string[]> {
  const { rows } = await database.query("people", {
    text: `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'
           UNION SELECT schemaname || '.' || viewname FROM pg_views WHERE schemaname !~ '^(pg_|information_schema)'`,
  });
  return rows.map((row) => String(row["name"])).sort();
}

const earlier = jobRef("7", "job", "earlier");
const TABLES = [
  ...["idempotency", "job", "job_attempt", "job_outbox", "reconciler", "schema_migration"],
  ...["view", "view_errand", "view_log", "view_policy"],
];
const tablesOf = (schema: string): readonly string[] =>
  [...TABLES.map((table) => `${schema}.${table}`), `${schema}_shop.orders`].sort();

describe("a schema's name", () => {
  it.each(["statusplane", "_s", "a2", "a".repeat(31)])("may be %s", (name) =>
    expect(isSchemaName(name)).toBe(true),
  );
  it.each([
    "",
    "A",
    "1a",
    "a-b",
    'a"b',
    "a b",
    "자료",
    "a".repeat(32),
    "pg_x",
    "information_schema",
    "public",
  ])("may not be %j", async (name) => {
    expect(isSchemaName(name)).toBe(false);
    await expect(open(name)).rejects.toThrow(RangeError);
  });

  it("is put, quoted, for the list's that SQL names, and for nothing that only looks like one", () => {
    const { fill } = schemaNames("plane");
    expect(fill('SELECT FROM :"statusplane".job,:"shop".orders')).toBe(
      'SELECT FROM "plane".job,"plane_shop".orders',
    );
    expect(fill(`nextval(':"statusplane".n')`)).toBe(`nextval('"plane".n')`);
    for (const other of [`'{"a":"b"}'`, `x::"char"`, `'{"a": "b", "c":"d"}'`, ":name", "a[1:2]"]) {
      expect(fill(other)).toBe(other);
    }
    expect(() => fill('SELECT FROM :"no such".job')).toThrow("no such");
  });
});

describe("an installation whose tables are in public", () => {
  const begin = (applied?: readonly string[]): Promise<void> =>
    withClient(url, (client) =>
      makeEarlierTables(({ text }) => client.query(text), ...(applied === undefined ? [] : [applied])),
    );

  it.each([
    ["as the version before left it", undefined],
    ["older still", ["001_jobs.sql"]],
  ])("goes over with all its rows: %s", async (_, applied) => {
    await begin(applied);
    const [database] = await Promise.all(Array.from({ length: 4 }, () => open()));
    if (database === undefined) throw new Error("none open");
    expect(await relations(database)).toEqual(["public.schema_migration", ...tablesOf("statusplane")].sort());
    expect(await database.requests.find(earlier)).toMatchObject({ jobType: "kept", status: "PENDING" });
    expect(await database.reconciler.take(10, 1_000)).toMatchObject([
      { generation: "1", record: { ref: earlier } },
    ]);
    expect(await database.requests.cancel(earlier)).toMatchObject({ outcome: "cancelled" });
    expect(await database.reconciler.forgetIdempotencyKeys(-1_000)).toBe(1);
    expect((await database.query("people", { text: 'SELECT no FROM :"shop".orders' })).rows).toEqual([
      { no: 7 },
    ]);
    expect((await database.migrationStatus()).every(({ appliedAt }) => appliedAt !== null)).toBe(true);
  });

  it("is not there for the version before: it finds its files applied, and no table", async () => {
    await begin();
    await open();
    await withClient(url, async (client) => {
      const { rows } = await client.query("SELECT name FROM schema_migration WHERE space = 'statusplane'");
      expect(rows.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["001_jobs.sql", "002_history_filters.sql", "003_job_attempt.sql"]),
      );
      await expect(client.query("SELECT FROM job")).rejects.toThrow('relation "job" does not exist');
    });
  });

  it("is taken over by no installation of another name, and stays as it is", async () => {
    await begin();
    await expect(open("second")).rejects.toThrow(/public.*second.*statusplane/);
    const database = await open();
    expect(await database.requests.find(earlier)).toMatchObject({ status: "PENDING" });
    expect(await (await open("second")).requests.find(earlier)).toBeNull();
  });

  it("is told from other programs' tables of the same names", async () => {
    await withClient(url, (client) =>
      client.query(`CREATE TABLE public.schema_migration (version int); CREATE TABLE public.job (no int);
                    CREATE TABLE public.orders (no int)`),
    );
    const database = await open();
    expect(await relations(database)).toEqual(
      ["public.job", "public.orders", "public.schema_migration", ...tablesOf("statusplane")].sort(),
    );
  });

  it("goes over in a data folder too", async () => {
    const dataDir = join(folder, "data");
    const before = await openEmbeddedDatabase({ dataDir, migrateAtOpen: false });
    await makeEarlierTables((query) => before.query("people", query));
    await before.close();
    await using database = await openEmbeddedDatabase({ dataDir, migrations });
    expect(await database.requests.find(earlier)).toMatchObject({ jobType: "kept", status: "PENDING" });
    expect(await relations(database)).toEqual(["public.schema_migration", ...tablesOf("statusplane")].sort());
  }, 120_000);
});

describe("two installations in one database", () => {
  it("share no row: each has its own jobs, its own application's tables and its own reconciler", async () => {
    const name = new URL(url).pathname.slice(1);
    await withClient(server.url, (client) => client.query(`ALTER DATABASE ${name} SET search_path = ''`));
    const [first, second] = await Promise.all([open("north"), open("south")]);
    expect(await relations(first)).toEqual([...tablesOf("north"), ...tablesOf("south")].sort());

    const ref = jobRef("7", "job", "same");
    expect(await first.requests.submit(newJob(ref))).toMatchObject({ outcome: "created" });
    expect(await second.requests.find(ref)).toBeNull();
    expect(await second.requests.submit(newJob(ref, { payload: { rows: 4 } }))).toMatchObject({
      outcome: "created",
    });
    expect(await first.worker.claim(ref, "w", LEASE_MS)).toMatchObject({ outcome: "claimed" });
    expect(await second.requests.find(ref)).toMatchObject({ status: "PENDING", payload: { rows: 4 } });
    await first.query("work", { text: 'INSERT INTO :"shop".orders VALUES (1)' });
    expect((await second.query("work", { text: 'SELECT FROM :"shop".orders' })).rowCount).toBe(0);

    const tick = { owner: "one", leaseMs: LEASE_MS, takeLimit: 10, takeMs: 1_000 };
    expect(await first.reconciler.tick(tick)).toMatchObject({ leading: true, tick: 1 });
    expect(await second.reconciler.tick({ ...tick, owner: "other" })).toMatchObject({
      leading: true,
      tick: 1,
    });
  });
});
