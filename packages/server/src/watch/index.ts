/**
 * What is pushed to watchers: Server-Sent Events, WebSocket, and requests that wait for a change. Imports core, ws, auth/,
 * errors/ and progress/. Snapshots come from a `StatusFeed` and a `StatusReader`, all the storage that these routes are given,
 * and go out as the text that is stored, its bytes made once for everybody: nothing here can reach the database.
 */
export * from "./event-routes.ts";
export * from "./places.ts";
export * from "./socket-routes.ts";
export * from "./stream-counts.ts";
export * from "./stream.ts";
export * from "./streams.ts";
export * from "./upgrades.ts";
export * from "./waits.ts";
