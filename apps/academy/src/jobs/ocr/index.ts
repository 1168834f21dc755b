/**
 * The job type `ocr`: the text of pictures and PDFs. May import core, worker and ../../ffmpeg (how programs are
 * confined). A file comes in and is opened only by reader/, in a process of its own; what was read of a page goes out to
 * Postgres in one fenced statement, pages and documents into the attempt's folder.
 */
export { aiReader } from "./ai-reader.ts";
export { chosenAi } from "./ai-variables.ts";
export { ocrJob, type OcrOptions } from "./ocr-job.ts";
export { OCR_ERRORS } from "./ocr-errors.ts";
export { pagesRoutes, type PagesOptions } from "./pages-routes.ts";
export { looksLikeDocument } from "./looks-like-document.ts";
export type { OcrOutcome, OcrResult } from "./ocr-result.ts";
export type { OcrDatabase } from "./page-rows.ts";
