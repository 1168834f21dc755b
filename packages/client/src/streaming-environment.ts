import { browserEnvironment, type Environment, type Socket } from "./environment.ts";
import { browserTabs } from "./tabs/tabs.ts";

/** The environment of a browser, with WebSockets and what its tabs share. */
export function streamingEnvironment(): Environment {
  return {
    ...browserEnvironment(),
    openSocket: typeof WebSocket === "undefined" ? undefined : openSocket,
    tabs: typeof document === "undefined" ? undefined : (browserTabs() ?? null),
  };
}

function openSocket(url: string, protocols: readonly string[]): Socket {
  const target = new URL(url, typeof location === "undefined" ? undefined : location.href);
  target.protocol = target.protocol.replace("http", "ws");
  return new WebSocket(target, [...protocols]) as Socket; // its handlers are given more than is read here
}
