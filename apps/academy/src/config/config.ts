import { parseRedisUrl } from "@statusplane/core";
import { readVariables, VARIABLES, type ReadVariables, type Values, type VariableName } from "./variables.ts";

export const ROLES = ["all", "api", "progress", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** How requests are signed in; null where nobody signs in (role worker). */
export type SignIn =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "jwks"; readonly url: string; readonly signingSecret: string }
  /** A secret is made once and kept in `DATA_DIR/secret`. */
  | { readonly kind: "kept-secret" };

export interface Config {
  readonly role: Role;
  readonly values: Values;
  readonly signIn: SignIn | null;
  readonly demo: boolean;
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

/** @throws {ConfigError} naming every problem. */
export function readConfig(role: string, env: Readonly<Record<string, string | undefined>>): Config {
  const read = readVariables(env);
  const problems = [...read.problems];
  if (!isRole(role)) throw new ConfigError([`--role: must be one of ${ROLES.join(", ")}`, ...problems]);
  problems.push(...missingShared(role, read), ...wrongAddresses(read.values));
  const demo = wantsDemo(role, read);
  const signIn = role === "worker" ? null : chooseSignIn(demo, read, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const database = role === "progress" ? undefined : read.values.DATABASE_URL;
  return { role, values: read.values, signIn, demo, database };
}

function isRole(role: string): role is Role {
  return (ROLES as readonly string[]).includes(role);
}

/** A role other than `all` needs what it shares with the others. */
function missingShared(role: Role, { isSet }: ReadVariables): string[] {
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

function wantsDemo(role: Role, { values, isSet }: ReadVariables): boolean {
  if (values.DEMO) return true;
  const configured = isSet("DATABASE_URL") || isSet("JWT_SECRET") || isSet("JWKS_URL");
  return role === "all" && isLoopback(values.HOST) && !configured;
}

function chooseSignIn(demo: boolean, { values, isSet }: ReadVariables, problems: string[]): SignIn | null {
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
    return { kind: "jwks", url, signingSecret: signingSecret ?? "" };
  }
  if (secret !== null) return { kind: "secret", secret };
  if (demo) return { kind: "kept-secret" };
  if (isSet("JWT_SECRET") || isSet("JWKS_URL")) return null; // set to a wrong value, which is a problem already
  problems.push("JWT_SECRET or JWKS_URL: set one, for nobody could sign in (or DEMO=1 for the demo tenants)");
  return null;
}

/** The settings as `NAME=value` lines, secrets hidden. */
export function printConfig({ role, values, demo }: Config): string {
  const lines = Object.entries(VARIABLES).map(([name, entry]) => {
    const value: unknown = values[name as VariableName];
    return `${name}=${"secret" in entry && value !== null ? "(hidden)" : show(value)}`;
  });
  return [`role=${role}`, `demo=${demo ? 1 : 0}`, ...lines].join("\n");
}

function show(value: unknown): string {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([key, each]) => `${key}=${typeof each === "string" ? each : JSON.stringify(each)}`)
      .join(",");
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
