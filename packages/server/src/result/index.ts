/**
 * Results too large to travel with each poll. Imports core, auth/, detail/, playback's file streams.
 * From Redis where its key is; on a miss from the row, which restores the key; or from `result.json` in the attempt's
 * folder.
 */
export * from "./result-routes.ts";
