/**
 * What travels: addresses, queries and bodies of every endpoint, and what a receiver makes of them. Imports only what a
 * job is. A server writes these bodies, a client reads them; what the two families of jobs call differently is in
 * first-wire.ts alone.
 */
export * from "./answers.ts";
export * from "./bodies.ts";
export * from "./first-wire.ts";
export * from "./live-list.ts";
export * from "./members.ts";
export * from "./received-snapshot.ts";
export * from "./received-view.ts";
export * from "./recorded-job.ts";
export * from "./routes.ts";
export * from "./stream.ts";
export * from "./views.ts";
export * from "./watch-routes.ts";
