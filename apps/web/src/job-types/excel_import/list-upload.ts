import type { UploadView } from "../job-type-view.ts";
import { wordsOf } from "./words.ts";

export const LIST_UPLOAD: UploadView = {
  ends: [".xlsx"],
  word: (text) => wordsOf(text).lists,
  otherForms: {
    ends: [".xls", ".xlsb", ".csv", ".tsv", ".ods", ".numbers"],
    sentence: (text) => wordsOf(text).otherForm,
  },
};
