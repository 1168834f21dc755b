/**
 * Everything there ever was: pages of records, and a record's detail.
 * May import job, job-types, pages, text and ui; the app imports this folder.
 * Data comes from the history and detail endpoints, which cost statements:
 * only when a person opens the view, asks for more or opens a row.
 * A retried job goes back to the live list.
 */
export { HistoryView } from "./history-view.tsx";
