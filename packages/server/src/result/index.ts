/**
 * Results too large to travel with each poll. Imports core, auth/, detail/, playback's file streams.
 * The snapshot says where one is: in a key of the status store, or in `result.json` of the attempt's folder, both without
 * a statement. On a miss the row says it, and restores the key.
 */
export * from "./result-routes.ts";
