/** The job type `ocr`: a document whose text is read. May import what job-types/ may. */
import type { JobTypeView } from "../job-type-view.ts";
import { DOCUMENT_UPLOAD } from "./document-upload.ts";
import { documentOutcome } from "./document-outcome.ts";
import { DocumentResultView } from "./document-result-view.tsx";
import { readDocumentResult } from "./document-result.ts";
import { PagesSoFar } from "./pages-so-far.tsx";
import { wordsOf } from "./words.ts";

export const view: JobTypeView = {
  type: "ocr",
  kind: "job",
  icon: "document",
  upload: DOCUMENT_UPLOAD,
  outcome: documentOutcome,
  endLine: ({ result }, text) => {
    const document = readDocumentResult(result);
    return document === null ? [] : [wordsOf(text).pages(text.count(document.pages))];
  },
  Running: PagesSoFar,
  Result: DocumentResultView,
};
