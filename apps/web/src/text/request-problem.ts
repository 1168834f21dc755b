import { ClientError } from "@statusplane/client";
import type { Messages } from "./ko.ts";
import { lookUp } from "./look-up.ts";

/** Whether the same request may succeed later: there was no answer, too many requests, or a fault of the server's. */
export function mayRepeat(error: unknown): boolean {
  if (!(error instanceof ClientError)) return true;
  return error.status === 0 || error.status === 429 || error.status >= 500;
}

/** Why there was no answer: the browser knows when it is at this end. */
export function unreachable(messages: Messages): string {
  return navigator.onLine ? messages.app.offline : messages.app.noNetwork;
}

/** A refused or failed request in plain words: the server's own sentence where there is one. */
export function requestProblem(error: unknown, messages: Messages): string {
  if (!(error instanceof ClientError)) return messages.app.failed;
  if (error.status === 0) return unreachable(messages);
  const known = lookUp(messages.app.byStatus, String(error.status));
  return error.detail === "" ? (known ?? messages.app.failed) : error.detail;
}
