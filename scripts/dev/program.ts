/** What of the source the program is made of. */
export { ACADEMY } from "../../apps/academy/src/academy.ts";
export { runStatusplane } from "../../packages/runtime/src/index.ts";
