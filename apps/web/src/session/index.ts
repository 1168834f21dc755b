/**
 * Who is signed in, and the screen for those who are not.
 * May import browser, text and ui; the app imports this folder.
 * Data comes from the demo endpoints, a pasted token and this tab's storage;
 * it goes to the client, which sends the token in a header only.
 * The token is never part of an address.
 */
export { restoreSession, signedState, signOut, type Session } from "./session.ts";
export { SignInScreen } from "./sign-in-screen.tsx";
