/**
 * The contract of the status store's ports, for whoever writes an adapter: `describeStatusStore` defines its tests, with
 * generated histories, and the rest is what they and an adapter's own tests are made of. Needs vitest and fast-check.
 */
export type { Life, OpenedStore, OpenStore, Skip } from "./contract-types.ts";
export { describeStatusStore } from "./describe-status-store.ts";
export { PATIENT } from "./patient-timings.ts";
export * from "./sample-snapshots.ts";
