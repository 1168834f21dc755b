/**
 * Views for whoever asks: a viewer's own states, policies, and whether a video may be played. Reports and who watches live
 * are in reports/, which has no database. Imports core, auth/, detail/, http/. States come from the status store; what it does
 * not know is asked of the rows once, for all who ask at the time, and put in.
 */
export * from "./known-views.ts";
export * from "./policy-routes.ts";
export * from "./reports/index.ts";
export * from "./state-routes.ts";
