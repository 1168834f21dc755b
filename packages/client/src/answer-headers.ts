/** A server that asks for more than this is not believed. */
const MAX_ASKED_WAIT_MS = 300_000;

/** `Retry-After` as seconds or date, in ms; undefined where there is none that means anything. */
export function readRetryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("Retry-After");
  if (text === null) return undefined;
  const waitMs = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - (readDateMs(headers) ?? Date.now());
  return bounded(waitMs);
}

/** `Poll-After-Ms`: how long the server wants the next poll to wait; 0 where it does not say. */
export function readPollAfterMs(headers: Headers): number {
  return bounded(Number(headers.get("Poll-After-Ms"))) ?? 0;
}

/** The answer's `Date` in Unix ms: the server's clock. */
export function readDateMs(headers: Headers): number | null {
  const dateMs = Date.parse(headers.get("Date") ?? "");
  return Number.isNaN(dateMs) ? null : dateMs;
}

function bounded(waitMs: number): number | undefined {
  return Number.isFinite(waitMs) ? Math.min(MAX_ASKED_WAIT_MS, Math.max(0, waitMs)) : undefined;
}
