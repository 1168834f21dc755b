import { currentLanguage } from "../text/index.ts";
import type { Session } from "./session.ts";

/** An academy to look around in, without a password. */
export interface DemoTenant {
  readonly tenant: string;
  readonly name: string;
}

const LIST = "/api/v1/demo/";
const SIGN_IN = "/api/v1/demo/sign-in/";

function readTenant(value: unknown): DemoTenant | null {
  if (typeof value !== "object" || value === null) return null;
  const { tenant, name } = value as Record<string, unknown>;
  return typeof tenant === "string" && typeof name === "string" ? { tenant, name } : null;
}

/**
 * The demo tenants; none where the demo is off.
 * @throws {Error} when the server cannot be reached or answers with an error of its own.
 */
export async function listDemoTenants(signal: AbortSignal): Promise<readonly DemoTenant[]> {
  const response = await fetch(LIST, { signal });
  if (response.status >= 500) throw new Error(`${LIST} answered ${response.status}`);
  if (!response.ok) return [];
  const body = (await response.json()) as { readonly tenants?: unknown };
  if (!Array.isArray(body.tenants)) return [];
  return body.tenants.map(readTenant).filter((tenant) => tenant !== null);
}

/** @throws {Error} when the server refuses or cannot be reached. */
export async function signInToDemo(tenant: string): Promise<Session> {
  const response = await fetch(SIGN_IN, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": currentLanguage() },
    body: JSON.stringify({ tenant }),
  });
  if (!response.ok) throw new Error(`${SIGN_IN} answered ${response.status}`);
  const body = (await response.json()) as Record<string, unknown>;
  if (typeof body["token"] !== "string") throw new Error(`${SIGN_IN} answered without a token`);
  return {
    token: body["token"],
    tenant: typeof body["tenant"] === "string" ? body["tenant"] : tenant,
    name: typeof body["name"] === "string" ? body["name"] : null,
    role: null,
    isDemo: true,
  };
}
