import { browserEnvironment, type Environment, type Socket } from "./environment.ts";
import { host } from "./host.ts";
import { browserTabs } from "./tabs/tabs.ts";

/** The environment of a browser, with WebSockets and what its tabs share. */
export function streamingEnvironment(): Environment {
  return {
    ...browserEnvironment(),
    openSocket: host.WebSocket && openSocket,
    tabs: host.document && (browserTabs() ?? null),
  };
}

function openSocket(url: string, protocols: readonly string[]): Socket {
  const target = new URL(url, host.location?.href);
  target.protocol = target.protocol.replace("http", "ws");
  return new WebSocket(target, [...protocols]) as Socket; // its handlers are given more than is read here
}
