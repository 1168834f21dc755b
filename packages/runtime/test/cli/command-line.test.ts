import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startPostgres, withClient, type PostgresServer } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateCommand, type MigrateAction } from "../../src/cli/migrate-command.ts";

const SHOP = fileURLToPath(new URL("../programs/shop.ts", import.meta.url));

/** What an application's own program says to a command, and how it ends. */
function shop(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const node = ["--conditions=statusplane-source", "--import", "tsx", SHOP, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, {
    encoding: "utf8",
    env: { PATH, HOME, ...env },
  });
  return { status, lines: stdout.trimEnd().split("\n"), stderr };
}

describe("an application's program", () => {
  it("prints its own settings beside the platform's", () => {
    const { status, lines } = shop(["--print-config"], { SHOP_NAME: "Corner" });
    expect(status).toBe(0);
    expect(lines).toEqual(expect.arrayContaining(["PORT=3000", "SHOP_NAME=Corner", "SHOP_SHELVES=4"]));
  });

  it("ends with 2 and a line at a setting that is wrong", () => {
    expect(shop([], { SHOP_SHELVES: "many" })).toEqual({
      status: 2,
      lines: [""],
      stderr: "SHOP_SHELVES: must be a whole number from 1 to 9 (shelves)\n",
    });
  });

  it("ends with 2 at a command that lacks an argument, as at one that is none", () => {
    expect(shop(["migrate"])).toMatchObject({ status: 2, stderr: expect.stringContaining("'action'") });
  });
});

const migrations = [{ name: "shop", folder: new URL("../start/migrations/", import.meta.url) }];
const migrate = (action: MigrateAction, env: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  migrateCommand(action, { migrations }, env);

describe("migrate", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it("shows what is missing without changing anything, applies it, and then has nothing to do", async () => {
    const DATABASE_URL = await postgres.createDatabase("shop");
    const before = await migrate("status", { DATABASE_URL });
    expect(before).toEqual(
      expect.arrayContaining(["missing statusplane/001_jobs.sql", "missing shop/001_books.sql"]),
    );
    await withClient(DATABASE_URL, async (client) => {
      const { rows } = await client.query(
        "SELECT FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'",
      );
      expect(rows).toHaveLength(0);
    });
    expect(await migrate("up", { DATABASE_URL })).toContain("applied shop/001_books.sql");
    expect(await migrate("up", { DATABASE_URL })).toEqual(["nothing to apply"]);
    const after = await migrate("status", { DATABASE_URL });
    expect(after.filter((line) => !/^applied \w+\/\w+\.sql at \d{4}-/.test(line))).toEqual([]);
  });
});
