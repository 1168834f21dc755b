import { RESULT_FILE } from "./job-records-ports.ts";

/** Files that an attempt may declare. */
export const OUTPUTS_MAX = 20;
const OUTPUT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Whether a declared file may be called so: 1–100 letters, digits, `.`, `_` and `-`, the first a letter or digit; so it
 * is one segment of a path, and needs no escaping in a header. The name of a result's own file is taken.
 */
export function isOutputName(name: string): boolean {
  return OUTPUT_NAME.test(name) && name !== RESULT_FILE;
}
