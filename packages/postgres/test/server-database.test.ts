import { createServer, type AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openServerDatabase, type Database, type ServerDatabaseOptions } from "@statusplane/postgres";
import { eventually, startPostgres, withClient, type PostgresServer } from "@statusplane/test-support";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  claimed,
  LEASE_MS,
  newJob,
  newRef,
  newTenant,
  running,
  submitted,
  success,
} from "@statusplane/core/testing/job-records";

type AskingClient = Parameters<Parameters<typeof withClient>[1]>[0];

let server: PostgresServer;
let url: string;
let opened: Database[] = [];

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop());

beforeEach(async () => {
  url = await server.createDatabase();
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()));
  opened = [];
});

async function open(options: Partial<ServerDatabaseOptions> = {}): Promise<Database> {
  const database = await openServerDatabase({ url, ...options });
  opened.push(database);
  return database;
}

/** The connections that Postgres itself counts, but for the one that asks. */
function backends(): Promise<readonly number[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    return rows.map(({ pid }) => pid);
  });
}

describe("connections", () => {
  it("closes idle connections at their greatest age", async () => {
    const database = await open({ connMaxAgeSeconds: 1 });
    await Promise.all([database.requests.find(newRef()), database.worker.find(newRef())]);
    expect((await backends()).length).toBeGreaterThan(0);
    await eventually("Postgres has no connection left", async () => (await backends()).length === 0);
  });

  it("replaces a connection in constant use at its greatest age", async () => {
    const database = await open({ connMaxAgeSeconds: 1, poolMax: 1 });
    const pid = async (): Promise<unknown> =>
      (await database.query("work", { text: "SELECT pg_backend_pid() AS pid" })).rows[0]?.["pid"];
    const first = await pid();
    await eventually("another backend answers", async () => (await pid()) !== first);
    expect(await backends()).not.toContain(first);
  });

  it("never has more than its bound, however much is asked at once", async () => {
    const database = await open({ poolMax: 4 });
    let most = 0;
    const sleep = { text: "SELECT pg_sleep(0.05)" };
    const asked = Array.from({ length: 20 }, (_, i) =>
      database.query(i % 2 === 0 ? "work" : "people", sleep),
    );
    const all = Promise.all(asked);
    most = Math.max(most, (await backends()).length);
    await all;
    most = Math.max(most, (await backends()).length);
    expect(most).toBe(4);
    expect(database.connections()).toEqual({ open: 4, idle: 4, waiting: 0 });
  });

  it("prepares statements by name, or not, as told", async () => {
    const prepared = async (database: Database): Promise<unknown[]> => {
      await database.worker.find(newRef());
      const text = "SELECT name FROM pg_prepared_statements";
      return (await database.query("work", { text })).rows.map((row) => row["name"]);
    };
    expect(await prepared(await open({ poolMax: 1 }))).toEqual(["find"]);
    expect(await prepared(await open({ poolMax: 1, preparedStatements: false }))).toEqual([]);
  });
});

describe("a database that does not answer", () => {
  const unavailable = { code: "database_unavailable" };

  it("is told as database_unavailable while it is down, and used again once it is back", async () => {
    const lost: Error[] = [];
    const database = await open({ onConnectionError: (error) => void lost.push(error) });
    const { ref } = await running(database);
    await server.kill();
    await eventually("an idle connection is known to be lost", () => lost.length > 0);
    await expect(database.requests.find(ref)).rejects.toMatchObject(unavailable);
    await expect(database.worker.finish(ref, 1, success("job"))).rejects.toMatchObject(unavailable);
    await expect(database.transaction("work", async () => 1)).rejects.toMatchObject(unavailable);
    await server.start();
    expect(await database.requests.find(ref)).toMatchObject({ status: "PROCESSING" });
    expect(await database.worker.finish(ref, 1, success("job"))).toMatchObject({ status: "DONE" });
  });

  it("is asked once more when a connection broke under a repeatable statement, and under no other", async () => {
    const database = await open({ poolMax: 1 });
    const breaking = (repeatable: boolean): Promise<unknown> =>
      database.query("work", { text: "SELECT pg_terminate_backend(pg_backend_pid())", repeatable });
    const sent = async (repeatable: boolean): Promise<number> => {
      const before = database.statements.work;
      await expect(breaking(repeatable)).rejects.toMatchObject(unavailable);
      return database.statements.work - before;
    };
    expect(await sent(false)).toBe(1);
    expect(await sent(true)).toBe(2);
    expect(await database.worker.find(newRef())).toBeNull();
  });

  it("ends a request that waits too long for a lock, and keeps its connections", async () => {
    const database = await open({ requestTimeoutMs: 100 });
    const { ref } = await submitted(database);
    await database.transaction("work", async ({ query }) => {
      await query({ text: "SELECT 1 FROM statusplane.job WHERE id = $1 FOR UPDATE", values: [ref.id] });
      await expect(database.requests.cancel(ref)).rejects.toMatchObject(unavailable);
    });
    expect(await database.requests.cancel(ref)).toMatchObject({ outcome: "cancelled" });
  });

  it("gives up a connection whose answer does not come, and takes another", async () => {
    const database = await open({ poolMax: 1 });
    const hanging = database.query("work", { text: "SELECT pg_sleep(10)", answerTimeoutMs: 50 });
    await expect(hanging).rejects.toMatchObject(unavailable);
    expect(await database.worker.find(newRef())).toBeNull();
  });

  it("gives up connecting to what accepts and says nothing", async () => {
    const silent = createServer((socket) => socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const opening = openServerDatabase({ url: `postgres://x@127.0.0.1:${port}/x`, connectTimeoutMs: 100 });
    await expect(opening).rejects.toMatchObject(unavailable);
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe("a server's settings", () => {
  it("are those of our own connections", async () => {
    const database = await open();
    expect(await database.serverSettings()).toEqual({ synchronousCommit: "on", maxConnections: 197 });
    await withClient(url, async (client) => {
      await client.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
    });
    const later = await open();
    expect(await later.serverSettings()).toMatchObject({ synchronousCommit: "off" });
  });
});

describe("migrations", () => {
  const appliedNames = async (database: Database, list: string): Promise<unknown[]> => {
    const status = await database.migrationStatus();
    return status.filter((each) => each.list === list && each.appliedAt !== null).map(({ name }) => name);
  };
  let folder: string;
  let shop: Partial<ServerDatabaseOptions>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-migrations-"));
    shop = { migrations: [{ name: "shop", folder: pathToFileURL(`${folder}/`) }] };
  });
  afterEach(() => rm(folder, { recursive: true }));
  const apply = async (database: Database): Promise<readonly string[]> =>
    (await database.migrate()).map(({ list, name }) => `${list}/${name}`);

  it("are applied once when twenty processes start at once", async () => {
    const databases = await Promise.all(Array.from({ length: 20 }, () => open({ ...shop, poolMax: 1 })));
    await writeFile(join(folder, "001_books.sql"), 'CREATE TABLE :"shop".book (no text PRIMARY KEY);');
    await writeFile(
      join(folder, "002_one.sql"),
      `INSERT INTO :"shop".book VALUES ('1'); INSERT INTO :"shop".book VALUES ('2');`,
    );
    const applied = await Promise.all(databases.map(apply));
    expect(applied.flat().sort()).toEqual(["shop/001_books.sql", "shop/002_one.sql"]);
    const [database] = databases;
    if (database === undefined) throw new Error("none open");
    expect((await database.query("people", { text: 'SELECT no FROM :"shop".book' })).rowCount).toBe(2);
  });

  it("keep the names of two folders apart, and apply only what is new", async () => {
    const database = await open(shop);
    await writeFile(join(folder, "001_jobs.sql"), 'CREATE TABLE :"shop".shelf (no text);');
    expect(await apply(database)).toEqual(["shop/001_jobs.sql"]);
    await writeFile(join(folder, "002_more.sql"), 'CREATE TABLE :"shop".drawer (no text);');
    await writeFile(join(folder, "notes.txt"), "not SQL");
    expect(await apply(database)).toEqual(["shop/002_more.sql"]);
    expect(await appliedNames(database, "shop")).toEqual(["001_jobs.sql", "002_more.sql"]);
    expect(await appliedNames(database, "statusplane")).toContain("001_jobs.sql");
  });

  it("wait to be asked for where opening is not to apply them, and say so", async () => {
    const database = await open({ migrateAtOpen: false });
    expect(new Set((await database.migrationStatus()).map(({ appliedAt }) => appliedAt))).toEqual(
      new Set([null]),
    );
    await expect(submitted(database)).rejects.toThrow('relation "statusplane.');
    expect(await apply(database)).toContain("statusplane/001_jobs.sql");
    expect((await database.migrationStatus()).every(({ appliedAt }) => appliedAt !== null)).toBe(true);
    await expect(submitted(database)).resolves.toMatchObject({ status: "PENDING" });
  });

  it("leave nothing of a file that fails, and name it", async () => {
    const database = await open(shop);
    await writeFile(join(folder, "001_half.sql"), 'CREATE TABLE :"shop".half (no text); SELECT 1/0;');
    await expect(apply(database)).rejects.toThrow(/shop\/001_half\.sql.*division by zero/);
    expect(await appliedNames(database, "shop")).toEqual([]);
    const text = "SELECT to_regclass('statusplane_shop.half') AS half";
    expect((await database.query("people", { text })).rows).toEqual([{ half: null }]);
  });

  it("need no right to create anything once they are applied", async () => {
    await open();
    await withClient(url, async (client) => {
      await client.query("DROP ROLE IF EXISTS limited");
      await client.query("CREATE ROLE limited LOGIN");
      await client.query("GRANT USAGE ON SCHEMA statusplane TO limited");
      await client.query(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA statusplane TO limited",
      );
      await client.query("GRANT USAGE ON ALL SEQUENCES IN SCHEMA statusplane TO limited");
    });
    const database = await open({ url: url.replace("postgres@", "limited@") });
    await expect(submitted(database)).resolves.toMatchObject({ status: "PENDING" });
  });
});

describe("transactions", () => {
  it("keep all of their statements or none", async () => {
    const database = await open();
    const { ref } = await submitted(database);
    const rename = (title: string): { text: string; values: string[] } => ({
      text: "UPDATE statusplane.job SET title = $1 WHERE id = $2",
      values: [title, ref.id],
    });
    const failing = database.transaction("work", async ({ query }) => {
      await query(rename("half"));
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await database.requests.find(ref)).toMatchObject({ title: "3월 보고서" });
    await database.transaction("work", ({ query }) => query(rename("whole")));
    expect(await database.requests.find(ref)).toMatchObject({ title: "whole" });
  });
});

describe("several reconcilers and workers", () => {
  const take = { leaseMs: LEASE_MS, takeLimit: 500, takeMs: 1_000 };

  it("do not wait for a row or entry that another holds", async () => {
    const database = await open({ poolMax: 8, committerGraceMs: 0 });
    const [held, free] = [await running(database), await running(database)];
    await database.query("watching", {
      text: "UPDATE statusplane.job SET lease_until = now() - interval '1 s'",
    });
    await database.transaction("work", async ({ query }) => {
      await query({ text: "SELECT 1 FROM statusplane.job WHERE id = $1 FOR UPDATE", values: [held.ref.id] });
      await query({
        text: "SELECT 1 FROM statusplane.job_outbox WHERE id = $1 FOR UPDATE",
        values: [held.ref.id],
      });
      const taken = await database.reconciler.take(500, 1_000);
      expect(taken.map(({ ref }) => ref.id)).toEqual([free.ref.id]);
      const swept = await database.reconciler.sweep(200);
      expect(swept.map(({ record }) => record.ref.id)).toEqual([free.ref.id]);
    });
  });

  it("are not given an entry that another is just taking", async () => {
    const database = await open({ poolMax: 8, committerGraceMs: 0 });
    const { ref } = await submitted(database);
    await withClient(url, async (client) => {
      await client.query(`CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END'`);
      await client.query(
        "CREATE TRIGGER held BEFORE UPDATE ON statusplane.job_outbox FOR EACH ROW EXECUTE FUNCTION held()",
      );
      await client.query("SELECT pg_advisory_lock(1)");
      const first = database.reconciler.take(500, 60_000);
      await eventually("the first is under way", async () => {
        const { rowCount } = await client.query(
          "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        );
        return rowCount === 1;
      });
      expect(await database.reconciler.take(500, 60_000)).toEqual([]);
      await client.query("SELECT pg_advisory_unlock(1)");
      expect((await first).map((entry) => entry.ref.id)).toEqual([ref.id]);
    });
  });

  it("never take an entry with a row that is older than it", async () => {
    const database = await open({ poolMax: 8, committerGraceMs: 0 });
    const { ref } = await submitted(database);
    let ticking: ReturnType<typeof database.reconciler.tick> | undefined;
    await database.transaction("work", async (early) => {
      await early.query({ text: "SELECT now()" }); // its time is before the tick's: what it leaves is due for the tick
      await database.transaction("work", async (holder) => {
        await holder.query({ text: "SELECT 1 FROM statusplane.reconciler FOR UPDATE" });
        ticking = database.reconciler.tick({ ...take, owner: "a" });
        await eventually("the tick has its snapshot, and waits", async () => {
          const text =
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%WITH leader%'";
          return (await database.query("watching", { text })).rowCount === 1;
        });
        const text = "UPDATE statusplane.job SET status = 'CANCELLED', finished_at = now() WHERE id = $1";
        await early.query({ text, values: [ref.id] });
        await early.query({
          text: "UPDATE statusplane.job_outbox SET generation = nextval('statusplane.job_generation'), due_at = now() WHERE id = $1",
          values: [ref.id],
        });
        await early.query({ text: "COMMIT" });
      });
    });
    expect((await ticking)?.entries).toEqual([]);
    expect(await database.reconciler.take(500, 1_000)).toMatchObject([{ record: { status: "CANCELLED" } }]);
  });
});

describe("statements", () => {
  /** What Postgres counted in this database since the last reset. */
  async function countedByPostgres(client: AskingClient): Promise<number> {
    const { rows } = await client.query<{ calls: string }>(
      `SELECT coalesce(sum(calls), 0) AS calls FROM pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1)`,
      [new URL(url).pathname.slice(1)],
    );
    return Number(rows[0]?.calls);
  }
  beforeAll(() =>
    withClient(server.url, (client) => client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")),
  );

  it("cost exactly what the table says, by our count and by Postgres' own", async () => {
    const database = await open();
    const { worker, requests, reconciler } = database;
    const [ref, handed, video] = [newRef(), newRef(), newRef("video")];
    const tick = { owner: "a", leaseMs: LEASE_MS, takeLimit: 500, takeMs: 1_000 };
    const failure = { errorCode: "x", errorMessage: "m", errorDetail: null, retryable: true, backoffMs: 0 };
    const steps: [
      what: string,
      cause: keyof Database["statements"],
      count: number,
      act: () => Promise<unknown>,
    ][] = [
      ["submit", "work", 1, () => requests.submit(newJob(ref, { idempotency: { key: "k", bodyHash: "h" } }))],
      ["claim", "work", 1, () => claimed(database, ref)],
      ["duplicate delivery", "work", 2, () => worker.claim(ref, "w", LEASE_MS)],
      [
        "renew of many",
        "work",
        1,
        () =>
          worker.renew(
            [
              { ref, attempt: 1 },
              { ref: video, attempt: 1 },
            ],
            LEASE_MS,
          ),
      ],
      ["finish", "work", 1, () => worker.finish(ref, 1, success("job"))],
      ["submit of another", "work", 1, () => requests.submit(newJob(handed))],
      ["its claim", "work", 1, () => claimed(database, handed)],
      ["hand-back", "work", 1, () => worker.handBack(handed, 1)],
      ["release of a lost claim", "work", 1, () => worker.releaseClaim(handed, "w")],
      ["claim again", "work", 1, () => claimed(database, handed)],
      ["failed try", "work", 1, () => worker.failTry(handed, 2, failure)],
      ["tick", "housekeeping", 1, () => reconciler.tick(tick)],
      ["sweep", "housekeeping", 1, () => reconciler.sweep(200)],
      ["take", "work", 1, () => reconciler.take(500, 1_000)],
      ["page of waiting rows", "work", 1, () => reconciler.pageWaiting(null, 1_000)],
      ["detail, its attempts with it", "people", 1, () => requests.findMany([ref])],
      ["look of a person's request", "people", 1, () => requests.find(ref)],
      ["history", "people", 1, () => requests.page(newTenant(), "job", { cursor: null, limit: 20 })],
      ["cancel", "people", 1, () => requests.cancel(handed)],
      ["retry", "people", 1, () => requests.retry(handed)],
      ["cancel of an ended job", "people", 2, () => requests.cancel(ref)],
      ["metrics", "housekeeping", 0, () => reconciler.stats()],
    ];
    await withClient(server.url, async (client) => {
      for (const [what, cause, count, act] of steps) {
        const before = { ...database.statements };
        const postgresBefore = await countedByPostgres(client);
        await act();
        expect(database.statements, what).toEqual({ ...before, [cause]: before[cause] + count });
        expect((await countedByPostgres(client)) - postgresBefore, what).toBe(count);
      }
    });
    expect(database.statements.watching).toBe(0);
  });
});

describe("a submit again", () => {
  it("is accepted or repeats, whenever the job of its key is removed meanwhile", async () => {
    const database = await open({ poolMax: 8 });
    const tenant = newTenant();
    for (let round = 0; round < 150; round++) {
      const idempotency = { key: `round-${round}`, bodyHash: "h" };
      const ref = newRef("job", tenant);
      await database.requests.submit(newJob(ref, { idempotency }));
      await database.requests.cancel(ref);
      const [again] = await Promise.all([
        database.requests.submit(newJob(newRef("job", tenant), { idempotency })),
        database.requests.remove(ref),
      ]);
      expect(["created", "repeated"]).toContain(again.outcome);
    }
  });
});
