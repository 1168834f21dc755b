import { StatusplaneError } from "@statusplane/core";

/**
 * A misspelt member would be a job with another meaning than was asked for, so it is refused by its name.
 * @throws {invalid_request} naming all of `names` that are not `known`.
 */
export function refuseUnknown(names: Iterable<string>, known: readonly string[]): void {
  const unknown = [...names].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const expected = known.length === 0 ? "none are known" : `known are ${known.join(", ")}`;
  throw new StatusplaneError("invalid_request", { detail: `unknown: ${unknown.join(", ")}; ${expected}` });
}
