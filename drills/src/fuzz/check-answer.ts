import type { FuzzRequest } from "./make-request.ts";
import type { FuzzAnswer } from "./send-request.ts";

/** What may be answered with a status from 500 on: something the server is without, named by its code. */
const DECLARED = new Set([
  "store_unavailable",
  "database_unavailable",
  "queue_unavailable",
  "storage_full",
  "sign_in_unavailable",
]);

/** What these come with is no document: a browser has nothing to guess at. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 304]);

/** What is wrong with an answer; null: nothing. */
export function faultOf(asked: FuzzRequest, { status, headers, body }: FuzzAnswer): string | null {
  if (status === null || WITHOUT_BODY.has(status)) return null;
  if (status < 400) return sniffable(headers);
  if (asked.method === "HEAD") return status >= 500 ? `HEAD answered ${status}` : sniffable(headers);
  const type = String(headers["content-type"]);
  if (status === 416 && body.length === 0) return sniffable(headers);
  // Readiness is an answer of its own.
  if (status === 503 && asked.path.startsWith("/readyz")) return sniffable(headers);
  if (!type.startsWith("application/problem+json")) return `${status} is no problem+json but ${type}`;
  const problem = JSON.parse(body.toString()) as { readonly code?: unknown; readonly status?: unknown };
  if (problem.status !== status || typeof problem.code !== "string")
    return `${status} says ${body.toString()}`;
  if (status >= 500 && !DECLARED.has(problem.code)) return `${status} ${problem.code}`;
  return sniffable(headers);
}

function sniffable(headers: FuzzAnswer["headers"]): string | null {
  return headers["x-content-type-options"] === "nosniff" ? null : "an answer without nosniff";
}
