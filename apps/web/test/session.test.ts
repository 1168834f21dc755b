// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { signedState, signIn, signOut } from "../src/session/session.ts";

afterEach(() => {
  signOut();
  vi.unstubAllGlobals();
});

test("a server that knows the token no more leads to the sign-in, which says why", async () => {
  vi.stubGlobal("WebSocket", undefined);
  vi.stubGlobal("fetch", async () => Response.json({ code: "token_expired" }, { status: 401 }));
  signIn({ token: "t", tenant: "1", name: null, role: null, isDemo: false });
  const state = signedState.get();
  if (!state.signedIn) throw new Error("not signed in");
  state.client.watchActive();
  await vi.waitFor(() => expect(signedState.get()).toEqual({ signedIn: false, hasExpired: true }), 10_000);
  expect([state.client.connectionStatus, sessionStorage.length]).toEqual(["closed", 0]);
});
