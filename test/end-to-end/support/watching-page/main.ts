/** A page of nothing but a client: what it is told stands on `window.watching`, where a test reads it. */
import { createClient, type ClientOptions, type StatusplaneClient } from "@statusplane/client";

/** The address's fragment, as the test wrote it. */
interface Settings {
  readonly server: string;
  /** Where the page's own server gives tokens out. */
  readonly tokens: string;
  readonly options: Omit<ClientOptions, "getToken">;
}

export interface Watching {
  readonly client: StatusplaneClient;
  /** How often the client has asked for a token. */
  tokensAsked: number;
  /** What the job's listener was told, in order. */
  readonly told: { readonly attempt: number; readonly version: number }[];
  /** What the browser said of the page's life. */
  readonly lifecycle: string[];
  /** Turns of a timer of 50 ms. */
  turns: number;
}

const { server, tokens, options } = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Settings;
const watching: Watching = {
  client: createClient({
    baseUrl: server,
    getToken: async () => {
      watching.tokensAsked += 1;
      return (await fetch(tokens)).text();
    },
    ...options,
  }),
  tokensAsked: 0,
  told: [],
  lifecycle: [],
  turns: 0,
};
watching.client.watch({ kind: "job", id: "a" }, ({ attempt, version }) =>
  watching.told.push({ attempt, version }),
);
for (const name of ["freeze", "resume"]) {
  document.addEventListener(name, () => watching.lifecycle.push(name));
}
setInterval(() => (watching.turns += 1), 50);
Object.assign(window, { watching });
