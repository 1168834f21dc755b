import type { UploadView } from "../job-type-view.ts";
import { wordsOf } from "./words.ts";

export const DOCUMENT_UPLOAD: UploadView = {
  ends: [".pdf", ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".heic", ".heif"],
  word: (text) => wordsOf(text).documents,
  otherForms: {
    ends: [".hwp", ".hwpx", ".doc", ".docx", ".ppt", ".pptx", ".gif", ".bmp"],
    sentence: (text) => wordsOf(text).otherForm,
  },
};
