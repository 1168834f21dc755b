import { StatusplaneError } from "@statusplane/core";

/** The system's code of a caught error (`ENOENT`, …), empty when it has none. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** A full disk or a used-up quota becomes `storage_full`; anything else stays as it is. */
export function storageFullIfSo(error: unknown): unknown {
  return FULL.has(errorCode(error)) ? new StatusplaneError("storage_full", { cause: error }) : error;
}
