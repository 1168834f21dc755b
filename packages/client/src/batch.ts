import type { Language } from "./browser-language.ts";
import { asMembers, readBody, type Reading } from "./reading.ts";
import type { WatchRef } from "./watched-job.ts";

/** The server answers at most this many refs per request. */
export const MAX_REFS_PER_BATCH = 100;

/** The refs as one request's path; ids are of an alphabet that needs no encoding. */
export function batchPath(refs: readonly WatchRef[]): string {
  const ids = (kind: WatchRef["kind"]) =>
    refs
      .filter((ref) => ref.kind === kind)
      .map((ref) => ref.id)
      .join(",");
  const parts = [ids("video"), ids("job")];
  const query = ["videos", "jobs"].flatMap((name, i) => (parts[i] ? [`${name}=${parts[i]}`] : []));
  return `/api/v1/progress/?${query.join("&")}`;
}

/** Splits into groups of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let start = 0; start < items.length; start += size) groups.push(items.slice(start, start + size));
  return groups;
}

/** Whether a body is a batch answer at all. */
export function isBatch(body: unknown): boolean {
  const { videos, jobs } = asMembers(body);
  return [videos, jobs].every((part) => typeof part === "object" && part !== null && !Array.isArray(part));
}

/** The answer for one ref; null when the batch does not know it. */
export function readFromBatch(ref: WatchRef, body: unknown, language: Language): Reading | null {
  const part = asMembers(asMembers(body)[ref.kind === "video" ? "videos" : "jobs"]);
  // hasOwn: `constructor` is a valid id.
  return Object.hasOwn(part, ref.id) ? readBody(ref, part[ref.id], language) : null;
}

/** Every ref that a batch answer has a snapshot of. */
export function refsOfBatch(body: unknown): WatchRef[] {
  const { videos, jobs } = asMembers(body);
  return [
    ...Object.keys(asMembers(videos)).map((id): WatchRef => ({ kind: "video", id })),
    ...Object.keys(asMembers(jobs)).map((id): WatchRef => ({ kind: "job", id })),
  ];
}
