/**
 * Files on their way to the server: the drop zone, the queue that sends them, a card for each.
 * May import browser, job-types, text and ui; the app imports this folder.
 * Data comes from files that people choose or drop;
 * it goes to the client's submits, and each taken file's job reference to `onSubmitted`.
 * The server decides what a file is; only its name's end is looked at here.
 */
export { DropZone } from "./drop-zone.tsx";
export { UploadCard } from "./upload-card.tsx";
export type { SubmittedUpload, Upload, UploadQueue } from "./upload-queue.ts";
export { useUploads } from "./use-uploads.ts";
