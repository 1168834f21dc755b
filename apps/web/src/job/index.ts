/**
 * What the live list and the history both say about a job: names, words, cancel and retry.
 * May import browser, job-types, text and ui; live, history and app import this folder.
 * Data comes from the client's watched jobs, records and job types;
 * it goes out as words and commands.
 */
export * from "./job-words.ts";
export { useJobCommands } from "./use-job-commands.ts";
