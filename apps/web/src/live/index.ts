/**
 * The tray: what is on its way, what runs and waits, and what has ended lately, of the whole tenant.
 * May import browser, job, job-types, text and ui; the app imports this folder.
 * Data comes from the client's live list, which alone is asked for, and from who sends files;
 * it goes into cards, and ends go to whoever listens.
 * Nothing here asks the database.
 */
export { HiddenJobs } from "./hidden-jobs.ts";
export { LiveList } from "./live-list.tsx";
export { OwnJobs } from "./own-jobs.ts";
export type { TrayUpload } from "./tray.ts";
export { useEnds } from "./use-ends.ts";
export { useTray } from "./use-tray.ts";
