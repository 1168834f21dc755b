/**
 * Playing a video: signed addresses, and the files behind them. Imports core, auth/, detail/, outputs/.
 * Whether a video plays is read from the status store (Postgres once on a miss); its files are served by signature
 * alone, with no lookup but the file, from the folder of the attempt that the signature names.
 */
export * from "./signed-file-routes.ts";
export * from "./playable-files.ts";
export * from "./playback-routes.ts";
export * from "./playback-signature.ts";
