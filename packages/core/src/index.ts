/**
 * What a job is: snapshots and their text, the state machine, ids, keys, ports, error codes, poll schedule.
 * Imports nothing, does no I/O, runs in a browser. Every other package imports this one and no sibling; data comes in
 * as plain values and goes out as plain values.
 */
export * from "./apply-record.ts";
export * from "./clock.ts";
export { crashPoint, defineCrashPoints, type CrashPointName } from "./crash-point.ts"; // the rest: testing/crash-points
export * from "./error-definition.ts";
export * from "./errors.ts";
export * from "./fault-fields.ts";
export * from "./foreign-value.ts";
export * from "./job-error.ts";
export * from "./job-files-port.ts";
export * from "./job-records-ports.ts";
export * from "./job-ref.ts";
export * from "./job-type.ts";
export * from "./json.ts";
export * from "./keys.ts";
export * from "./output-name.ts";
export * from "./plain-line.ts";
export * from "./poll-schedule.ts";
export * from "./queue-port.ts";
export * from "./record-snapshot.ts";
export * from "./redis-address.ts";
export * from "./sentinel-text.ts";
export * from "./snapshot-order.ts";
export * from "./snapshot-text.ts";
export * from "./snapshot.ts";
export * from "./status-store-ports.ts";
export * from "./statusplane-error.ts";
export * from "./storable-text.ts";
export * from "./tenant-lists.ts";
export * from "./terms.ts";
export * from "./timings.ts";
export * from "./title.ts";
export * from "./transitions.ts";
export * from "./undo-stack.ts";
export * from "./uuid-v7.ts";
export * from "./views/index.ts";
