/**
 * What the live list and the history both say about a job: names, words, an import's result, cancel and retry.
 * May import browser, text and ui; live, history, students and app import this folder.
 * Data comes from the client's watched jobs and records, and from names this browser keeps;
 * it goes out as words and small parts of a page.
 * What a server answered is checked here before it is shown.
 */
export { DownloadButton, type DownloadButtonProps } from "./download-button.tsx";
export { readImportCounts, readImportResult, type ImportResult } from "./import-result.ts";
export { outcomeFace, type OutcomeFace } from "./import-outcome.ts";
export { ImportResultView } from "./import-result-view.tsx";
export { JobTitles } from "./job-titles.ts";
export * from "./job-words.ts";
export { useJobCommands } from "./use-job-commands.ts";
