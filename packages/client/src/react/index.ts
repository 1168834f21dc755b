/**
 * React over the client: a provider, hooks, and an unstyled progress bar. Imports React and the client beside it,
 * nothing else. The hooks ask nothing themselves: they watch while mounted, and the tab's one client does the rest.
 * Data comes from the client's `getSnapshot` and goes to components through `useSyncExternalStore`.
 */
export * from "./progress-bar.tsx";
export * from "./provider.tsx";
export * from "./use-active-jobs.ts";
export * from "./use-connection-status.ts";
export * from "./use-job-types.ts";
export * from "./use-live-views.ts";
export * from "./use-job.ts";
export * from "./use-jobs.ts";
export * from "./use-moving-bar.ts";
export * from "./use-view.ts";
