import { asMembers, createClient, textOrNull, type StatusplaneClient } from "@statusplane/client";
import { createViewReporter, type ViewReporter } from "@statusplane/client/views";
import { observableValue, tabStorage } from "../browser/index.ts";
import { currentLanguage } from "../text/index.ts";
import { readTokenClaims } from "./token-claims.ts";

/** Who looks at the page. */
export interface Session {
  readonly token: string;
  readonly tenant: string;
  /** The academy's name; null where only its number is known. */
  readonly name: string | null;
  readonly role: string | null;
  readonly isDemo: boolean;
}

/**
 * The page is signed out or signed in; a session has one client and one reporter, which end with it.
 *
 * signed out ──signIn──▶ signed in ──signOut──▶ signed out
 *                            └──the server answers 401──▶ signed out, hasExpired
 */
export type SignedState =
  | { readonly signedIn: false; readonly hasExpired: boolean }
  | {
      readonly signedIn: true;
      readonly session: Session;
      readonly client: StatusplaneClient;
      /** Reports what is watched, and knows what was; null for who manages: what that person watches counts nowhere. */
      readonly reporter: ViewReporter | null;
    };

const STORED_AS = "statusplane.session";

/** The one value that says who is signed in. Changed by {@link signIn} and {@link signOut} only. */
export const signedState = observableValue<SignedState>({ signedIn: false, hasExpired: false });

export function signIn(session: Session): void {
  closeClients();
  tabStorage.set(STORED_AS, JSON.stringify(session));
  const options = {
    getToken: () => session.token,
    language: currentLanguage,
    onUnauthenticated: () => signOut({ hasExpired: true }),
  };
  const { subject = null, scopes = null } = readTokenClaims(session.token) ?? {};
  // The server decides what somebody may do; here it is only shown.
  const isManager = scopes === null || scopes.includes("manage");
  const viewer = `${session.tenant}.${subject ?? ""}`;
  const reporter = isManager ? null : createViewReporter({ ...options, viewer });
  signedState.set({ signedIn: true, session, client: createClient(options), reporter });
}

export function signOut(how: { readonly hasExpired: boolean } = { hasExpired: false }): void {
  closeClients();
  tabStorage.remove(STORED_AS);
  signedState.set({ signedIn: false, hasExpired: how.hasExpired });
}

/** Signs in again with what this tab keeps; called once, before the first render. */
export function restoreSession(): void {
  const session = readSession(tabStorage.get(STORED_AS));
  if (session !== null) signIn(session);
}

function closeClients(): void {
  const state = signedState.get();
  if (!state.signedIn) return;
  state.reporter?.close();
  state.client.close();
}

function readSession(text: string | null): Session | null {
  if (text === null) return null;
  try {
    const { isDemo, ...members } = asMembers(JSON.parse(text));
    const [token, tenant] = [textOrNull(members["token"]), textOrNull(members["tenant"])];
    if (token === null || tenant === null) return null;
    const [name, role] = [textOrNull(members["name"]), textOrNull(members["role"])];
    return { token, tenant, name, role, isDemo: isDemo === true };
  } catch {
    return null; // not written by us: as if nothing were kept
  }
}
