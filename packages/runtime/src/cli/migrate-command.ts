import type { Application } from "../application.ts";
import { ConfigError } from "../config/config.ts";
import { readTable } from "../config/variable.ts";
import { VARIABLES } from "../config/variables.ts";
import { openDatabase } from "../program/open-database.ts";

/** `status` shows every migration and changes nothing; `up` applies what is missing, as each start does. */
export type MigrateAction = "status" | "up";

/**
 * Runs a migration command on the database of these settings: that of `DATABASE_URL`, or the embedded one of `DATA_DIR`.
 * @returns a line per migration: what was applied, or how each stands.
 * @throws {ConfigError} for a setting that is wrong; {FolderLockedError} while a program has the embedded database;
 * an Error naming the file whose SQL fails.
 */
export async function migrateCommand(
  action: MigrateAction,
  { migrations = [] }: Pick<Application, "migrations">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const { values, problems } = readTable(VARIABLES, env);
  if (problems.length > 0) throw new ConfigError(problems);
  await using database = await openDatabase(values.DATABASE_URL, {
    ...{ values, migrations, role: "api", migrateAtOpen: false },
    log: console,
    onFatal: (error) => {
      throw error;
    },
  });
  if (action === "up") {
    const applied = await database.migrate();
    if (applied.length === 0) return ["nothing to apply"];
    return applied.map(({ list, name }) => `applied ${list}/${name}`);
  }
  const all = await database.migrationStatus();
  return all.map(({ list, name, appliedAt }) =>
    appliedAt === null ? `missing ${list}/${name}` : `applied ${list}/${name} at ${appliedAt}`,
  );
}
