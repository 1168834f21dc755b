import { parseRedisUrl } from "@statusplane/core";
import {
  NO_VARIABLES,
  readTable,
  showValue,
  type ReadVariables,
  type ValuesOf,
  type VariableTable,
} from "./variable.ts";
import { VARIABLES, type Values, type VariableName } from "./variables.ts";

export const ROLES = ["all", "api", "progress", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** How tokens are verified; null where there are none: role worker, or the application signs people in itself. */
export type SignIn =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "jwks"; readonly url: string }
  /** A secret is made once and kept in `DATA_DIR/secret`. */
  | { readonly kind: "kept-secret" };

export interface Config<Own extends VariableTable = VariableTable> {
  readonly role: Role;
  readonly values: Values;
  /** The application's variables. */
  readonly own: { readonly table: Own; readonly values: ValuesOf<Own> };
  readonly signIn: SignIn | null;
  readonly demo: boolean;
  /** Whether `PORT` was chosen by somebody: a worker listens only then. */
  readonly portIsSet: boolean;
  /** `DATABASE_URL`; null: embedded; undefined: this role has no database. */
  readonly database: string | null | undefined;
}

/** The start is refused: every problem in one go. Shown as lines, exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

type Read = ReadVariables<typeof VARIABLES>;
type Environment = Readonly<Record<string, string | undefined>>;

/** What an application says that its settings depend on: its own variables, and whether it signs people in itself. */
interface Configured<Own extends VariableTable> {
  readonly variables?: Own;
  readonly authenticate?: unknown;
}

/** @throws {ConfigError} naming every problem. */
export function readConfig(role: string, env: Environment): Config<typeof NO_VARIABLES>;
export function readConfig<Own extends VariableTable>(
  role: string,
  env: Environment,
  application: Configured<Own>,
): Config<Own>;
export function readConfig(
  role: string,
  env: Environment,
  { variables: table = NO_VARIABLES, authenticate }: Configured<VariableTable> = {},
): Config {
  const authenticates = authenticate !== undefined;
  const read = readTable(VARIABLES, env);
  const own = readTable(table, env);
  const problems = [...read.problems, ...own.problems];
  if (!isRole(role)) throw new ConfigError([`--role: must be one of ${ROLES.join(", ")}`, ...problems]);
  problems.push(...missingShared(role, read), ...wrongAddresses(read.values));
  const demo = wantsDemo(role, read, authenticates);
  const signIn = role === "worker" ? null : chooseSignIn({ role, demo, authenticates }, read, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const { values } = read;
  const database = role === "progress" ? undefined : values.DATABASE_URL;
  return {
    role,
    values,
    own: { table, values: own.values },
    signIn,
    demo,
    portIsSet: read.isSet("PORT"),
    database,
  };
}

function isRole(role: string): role is Role {
  return (ROLES as readonly string[]).includes(role);
}

/** A role other than `all` needs what it shares with the others. */
function missingShared(role: Role, { isSet }: Read): string[] {
  const needed: Readonly<Record<Role, readonly VariableName[]>> = {
    all: [],
    progress: ["REDIS_URL"],
    api: ["DATABASE_URL", "REDIS_URL", "QUEUE_URL"],
    worker: ["DATABASE_URL", "REDIS_URL", "QUEUE_URL"],
  };
  return needed[role]
    .filter((name) => !isSet(name))
    .map((name) => `${name}: role ${role} shares it with the other processes; set it`);
}

function wrongAddresses({ REDIS_URL, REDIS_CLUSTER, QUEUE_URL, QUEUE_CLUSTER }: Values): string[] {
  const addresses = [
    { name: "REDIS_URL", url: REDIS_URL, cluster: REDIS_CLUSTER },
    { name: "QUEUE_URL", url: QUEUE_URL, cluster: QUEUE_CLUSTER },
  ];
  return addresses.flatMap(({ name, url, cluster }) => {
    try {
      if (url !== null) parseRedisUrl(url, cluster);
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Whether only this machine can connect. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

function wantsDemo(role: Role, { values, isSet }: Read, authenticates: boolean): boolean {
  if (values.DEMO) return true;
  const configured = authenticates || isSet("DATABASE_URL") || isSet("JWT_SECRET") || isSet("JWKS_URL");
  return role === "all" && isLoopback(values.HOST) && !configured;
}

interface Asked {
  readonly role: Role;
  readonly demo: boolean;
  readonly authenticates: boolean;
}

function chooseSignIn(
  { role, demo, authenticates }: Asked,
  { values, isSet }: Read,
  problems: string[],
): SignIn | null {
  const { JWT_SECRET: secret, JWKS_URL: url, SIGNING_SECRET: signingSecret } = values;
  if (secret !== null && url !== null) problems.push("JWT_SECRET, JWKS_URL: set one of them, not both");
  if (values.DEMO && (isSet("JWT_SECRET") || isSet("JWKS_URL"))) {
    problems.push(
      "DEMO: anybody may sign in; unset it, or JWT_SECRET and JWKS_URL, which let in some people only",
    );
    return null;
  }
  if (url !== null) {
    if (signingSecret === null) problems.push("SIGNING_SECRET: required with JWKS_URL (32 bytes or more)");
    return { kind: "jwks", url };
  }
  if (secret !== null) return { kind: "secret", secret };
  if (demo) return { kind: "kept-secret" };
  if (isSet("JWT_SECRET") || isSet("JWKS_URL")) return null; // set to a wrong value, which is a problem already
  if (authenticates) {
    if (role === "api" && signingSecret === null) {
      problems.push(
        "SIGNING_SECRET: required without JWT_SECRET (32 bytes or more, the same for all api processes)",
      );
    }
    return null;
  }
  problems.push("JWT_SECRET or JWKS_URL: set one, for nobody could sign in (or DEMO=1 for the demo tenants)");
  return null;
}

/** The settings as `NAME=value` lines that can be given back as they are, secrets hidden. */
export function printConfig({ role, values, own, demo }: Config): string {
  return [
    `role=${role}`,
    `demo=${demo ? 1 : 0}`,
    ...printTable(VARIABLES, values),
    ...printTable(own.table, own.values),
  ].join("\n");
}

function printTable(table: VariableTable, values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(table).map(([name, entry]) => {
    const value = values[name];
    return `${name}=${entry.secret === true && value !== null ? "(hidden)" : showValue(entry, value)}`;
  });
}
