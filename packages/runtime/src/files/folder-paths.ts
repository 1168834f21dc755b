import { isAbsolute, join, resolve, sep } from "node:path";
import type { JobRef, Kind } from "@statusplane/core";

/**
 * Where everything is below `DATA_DIR`:
 * `uploads/{tenant}/{kind}/{id}` the input · `outputs/{kind}/{tenant}/{id}/{attempt}/…` an attempt's outputs ·
 * `temp/` uploads under way.
 */
export interface FolderPaths {
  readonly root: string;
  readonly uploads: string;
  readonly outputs: string;
  readonly temp: string;
  input(ref: JobRef): string;
  /** All attempts of a job. */
  jobOutputs(ref: JobRef): string;
  /** @throws {RangeError} when the attempt is not a whole number from 1. */
  attemptOutputs(ref: JobRef, attempt: number): string;
}

export function folderPaths(dataDir: string): FolderPaths {
  const root = resolve(dataDir);
  const [uploads, outputs, temp] = [join(root, "uploads"), join(root, "outputs"), join(root, "temp")];
  const jobOutputs = ({ kind, tenant, id }: JobRef) => join(outputs, kind, tenant, id);
  return {
    root,
    uploads,
    outputs,
    temp,
    input: ({ tenant, kind, id }) => join(uploads, tenant, kind, id),
    jobOutputs,
    attemptOutputs(ref, attempt) {
      if (!Number.isSafeInteger(attempt) || attempt < 1) throw new RangeError(`not an attempt: ${attempt}`);
      return join(jobOutputs(ref), String(attempt));
    },
  };
}

/** Whether `path` is `root` or below it, both being absolute. */
export function isWithin(root: string, path: string): boolean {
  return isAbsolute(path) && (path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
}

/** The kinds as folder names. */
export const KIND_FOLDERS: readonly Kind[] = ["video", "job"];
