/**
 * Views: what a viewer has watched of a video, and what follows from it. Pure functions and ports; imports what a job is
 * and what travels. Reports come in as ranges of seconds; a state, a decision and a bitmap go out.
 */
export * from "./bitmap.ts";
export * from "./count-report.ts";
export * from "./evaluate-view.ts";
export * from "./policy.ts";
export * from "./view-ports.ts";
export * from "./view-ref.ts";
export * from "./view-state.ts";
