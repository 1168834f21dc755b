import { isId } from "@statusplane/core";
import { mintToken } from "@statusplane/server";
import { ConfigError } from "../config/config.ts";
import { readTable } from "../config/variable.ts";
import { VARIABLES } from "../config/variables.ts";

export interface TokenOptions {
  readonly tenant: string;
  readonly sub: string;
  /** Seconds until `exp`; default 3,600. */
  readonly lifeSeconds: number;
  /** Adds `role: "operator"`. */
  readonly operator: boolean;
}

/**
 * A sign-in token for scripts: HS256 with `JWT_SECRET`.
 * @throws {ConfigError} without `JWT_SECRET`, or for a tenant or life that is not valid.
 */
export async function tokenCommand(
  options: TokenOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { values, problems } = readTable(VARIABLES, env);
  const wrong = problems.filter((problem) => /^(?:JWT|TENANT|SUBJECT)_/.test(problem));
  const secret = values.JWT_SECRET;
  if (secret === null && wrong.length === 0)
    wrong.push("JWT_SECRET: set it to the secret that the server uses");
  if (!isId(options.tenant)) wrong.push("--tenant: 1–64 letters, digits, _ or -");
  if (!Number.isInteger(options.lifeSeconds) || options.lifeSeconds < 1)
    wrong.push("--life: whole seconds, 1 or more");
  if (wrong.length > 0 || secret === null) throw new ConfigError(wrong);
  const claims = { tenant: values.TENANT_CLAIM, subject: values.SUBJECT_CLAIM };
  const rules = {
    kind: "secret",
    secret,
    claims,
    issuer: values.JWT_ISSUER,
    audience: values.JWT_AUDIENCE,
  } as const;
  const { tenant, sub: subject, lifeSeconds, operator } = options;
  return (await mintToken(rules, { tenant, subject, lifeSeconds, operator })).token;
}
