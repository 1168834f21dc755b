/**
 * The live list: what runs now, and what has ended while this page looked on.
 * May import browser, job, job-types, text and ui; the app imports this folder.
 * Data comes from the client's hooks, which alone poll;
 * it goes into cards, and ends go to whoever listens.
 * Nothing here asks the database: running work is found by the active list.
 */
export { LiveList } from "./live-list.tsx";
export { TrackedJobs } from "./tracked-jobs.ts";
export { useEnds } from "./use-ends.ts";
export { useLiveJobs, type LiveJobs } from "./use-live-jobs.ts";
