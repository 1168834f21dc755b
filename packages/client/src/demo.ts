import {
  readDemo,
  readDemoSignedIn,
  ROUTES,
  type DemoSignedInBody,
  type DemoTenantBody,
} from "@statusplane/core/wire";
import { browserLanguage, type Language } from "./browser-language.ts";

/** What asks before anybody is signed in; from the page's own origin. */
export interface DemoOptions {
  readonly signal?: AbortSignal;
  /** Of the server's sentences. Default: as {@link browserLanguage} says. */
  readonly language?: Language;
}

/**
 * The tenants to look around in; none where the demo is off.
 * @throws {Error} when the server cannot be reached or answers with an error of its own.
 */
export async function listDemoTenants({ signal }: DemoOptions = {}): Promise<readonly DemoTenantBody[]> {
  const response = await fetch(ROUTES.demo, { signal: signal ?? null });
  if (response.status >= 500) throw new Error(`${ROUTES.demo} answered ${response.status}`);
  return response.ok ? readDemo(await response.json()) : [];
}

/** A sign-in token of a tenant to look around in. @throws {Error} when the server refuses or cannot be reached. */
export async function signInToDemo(
  tenant: string,
  options: DemoOptions & {
    /** Who watches there. Default: who manages it. */
    readonly viewer?: string;
  } = {},
): Promise<DemoSignedInBody> {
  const response = await fetch(ROUTES.demoSignIn, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "accept-language": options.language ?? browserLanguage(),
    },
    body: JSON.stringify({ tenant, viewer: options.viewer }),
    signal: options.signal ?? null,
  });
  if (!response.ok) throw new Error(`${ROUTES.demoSignIn} answered ${response.status}`);
  const signedIn = readDemoSignedIn(await response.json());
  if (signedIn === null) throw new Error(`${ROUTES.demoSignIn} answered without a token`);
  return signedIn;
}
