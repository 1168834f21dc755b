import type { Environment } from "../environment.ts";
import { streamingEnvironment } from "../streaming-environment.ts";
import { browserTexts, type SharedTexts } from "./report-store.ts";

/** What reports of views take from the browser, beside what every client does. */
export interface ViewsEnvironment extends Environment {
  /** Unix ms, by this machine's clock. */
  wallNow(): number;
  /** A name that no other has: `[A-Za-z0-9_-]`. */
  newId(): string;
  /** Where reports outlive the page; null: nowhere. */
  readonly texts: SharedTexts | null;
  /** Calls back when the page is left; the answer ends that. */
  onLeave(listener: () => void): () => void;
  /** Whether a request to this base URL that carries a header outlives the page. */
  canKeepAlive(baseUrl: string): boolean;
  /** `sendBeacon`: a text that outlives the page, without a header. Whether the browser takes it. */
  sendBeacon(url: string, text: string): boolean;
}

/** The browser's; also without a page, where nothing is kept. */
export function viewsEnvironment(): ViewsEnvironment {
  const host = typeof window === "undefined" ? undefined : window;
  return {
    ...streamingEnvironment(),
    wallNow: () => Date.now(),
    newId,
    texts: browserTexts(),
    onLeave(listener) {
      host?.addEventListener("pagehide", listener);
      return () => host?.removeEventListener("pagehide", listener);
    },
    // Of another origin such a request is asked for first, and a page that is left hears no answer.
    canKeepAlive: (baseUrl) =>
      typeof Request !== "undefined" &&
      "keepalive" in Request.prototype &&
      (baseUrl === "" || (host !== undefined && new URL(baseUrl, host.location.href).origin === host.origin)),
    sendBeacon: (url, text) => typeof navigator !== "undefined" && navigator.sendBeacon?.(url, text),
  };
}

const ID_BYTES = 16;

/** `randomUUID` is missing where a page came by plain http. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
