import pg from "pg";

/** The migration list of the platform's own tables, and what SQL calls their schema: `:"statusplane".job`. */
export const PLATFORM = "statusplane";

/** Where the platform's tables are unless somebody says otherwise. */
export const DEFAULT_SCHEMA = "statusplane";

/** Two of them and an underscore fit into the 63 bytes of an identifier. */
const MAX_LENGTH = 31;
const NAME = new RegExp(`^[a-z_][a-z0-9_]{0,${MAX_LENGTH - 1}}$`);
/** `public` is everybody's; the others are Postgres' own. */
const TAKEN = /^(?:pg_.*|information_schema|public)$/;

/** Whether tables may have a schema of this name: `a-z`, `0-9` and `_`, 1–31 of them, none that others have. */
export function isSchemaName(text: string): boolean {
  return NAME.test(text) && !TAKEN.test(text);
}

/**
 * A list's name where SQL names a schema, written as psql writes a variable that is an identifier. Not in a cast
 * (`::"char"`) nor between the members of a JSON text (`"a":"b"`).
 */
const REFERENCE = /(?<![\w":\])}]):"([^"]*)"/g;

/** How the schemas of one installation are called. */
export interface SchemaNames {
  /**
   * The schema of a migration list, not quoted: the platform's own as configured, an application's `{schema}_{list}`,
   * so that installations that differ in the one name share no table.
   * @throws {RangeError} for a name that no list can have.
   */
  readonly of: (list: string) => string;
  /** SQL with each `:"list"` as the quoted name of that list's schema. @throws {RangeError} */
  readonly fill: (sql: string) => string;
}

/** @throws {RangeError} for a name that {@link isSchemaName} refuses. */
export function schemaNames(schema: string): SchemaNames {
  const checked = (name: string): string => {
    if (isSchemaName(name)) return name;
    throw new RangeError(`no schema or migration list can be called ${JSON.stringify(name)}: a-z, 0-9 and _`);
  };
  checked(schema);
  const of = (list: string): string => (list === PLATFORM ? schema : `${schema}_${checked(list)}`);
  return {
    of,
    fill: (sql) => sql.replaceAll(REFERENCE, (_, list: string) => pg.escapeIdentifier(of(list))),
  };
}
