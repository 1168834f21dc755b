import { z } from "zod";

/** One environment variable: how it is read, what it is when it is not set, and its sentence. */
export interface Variable<T> {
  readonly schema: z.ZodType<T, string>;
  readonly fallback: T;
  /** For the reference page: what · unit · range. */
  readonly about: string;
  /** Its value is not shown. */
  readonly secret?: true;
  /** The text that is read as this value again. Default: as `showValue` has it. */
  readonly write?: (value: never) => string;
}

/** The text of a value, as a variable would hold it; of null: nothing. */
export function showValue({ write }: Pick<Variable<unknown>, "write">, value: unknown): string {
  if (value === null) return "";
  if (write !== undefined) return write(value as never); // its own value, by the schema beside it
  if (typeof value === "boolean") return value ? "1" : "0";
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Variables by name, `[A-Z][A-Z0-9_]*`. */
export type VariableTable = Readonly<Record<string, Variable<unknown>>>;

/** The table of an application without variables of its own. */
export const NO_VARIABLES = {} as const;

/** What a table's variables are when they were read. */
export type ValuesOf<Table extends VariableTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Variable<infer T> ? T : never;
};

/** A variable that always has a value. */
export const variable = <T>(schema: z.ZodType<T, string>, fallback: T, about: string): Variable<T> => ({
  schema,
  fallback,
  about,
});

/** A variable whose value is never shown: a secret, or an address that may hold one. */
export const hiddenVariable = <T>(entry: Variable<T>): Variable<T> => ({ ...entry, secret: true });

/** A variable that is null when it is not set. */
export const optionalVariable = <T>(schema: z.ZodType<T, string>, about: string): Variable<T | null> =>
  variable<T | null>(schema, null, about);

/** A whole number of so many of something. */
export const wholeNumber = (min: number, max: number, what: string): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,16}$/, `must be a whole number from ${min} to ${max} (${what})`)
    .transform(Number)
    .refine(
      (value) => value >= min && value <= max,
      `must be a whole number from ${min} to ${max} (${what})`,
    );

/** 0 or 1. */
export const flag: z.ZodType<boolean, string> = z
  .enum(["0", "1"], "must be 0 or 1")
  .transform((value) => value === "1");

/** What reading a table gave. */
export interface ReadVariables<Table extends VariableTable> {
  readonly values: ValuesOf<Table>;
  readonly isSet: (name: keyof Table & string) => boolean;
  /** One sentence each: `NAME: what is wrong`. */
  readonly problems: readonly string[];
}

/** Reads every variable of a table; a wrong one is reported and takes its default, an empty one counts as not set. */
export function readTable<Table extends VariableTable>(
  table: Table,
  env: Readonly<Record<string, string | undefined>>,
): ReadVariables<Table> {
  const problems: string[] = [];
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  const read = Object.entries(table).map(([name, { schema, fallback }]): [string, unknown] => {
    if (!isSet(name)) return [name, fallback];
    const parsed = schema.safeParse(env[name]);
    if (parsed.success) return [name, parsed.data];
    problems.push(`${name}: ${parsed.error.issues[0]?.message ?? "is not valid"}`);
    return [name, fallback];
  });
  return { values: Object.fromEntries(read) as ValuesOf<Table>, isSet, problems };
}
