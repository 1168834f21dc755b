import { defineErrors, type ErrorCode, type KnownError } from "@statusplane/core";

/** What the job type `excel_import` ends with, or refuses a file with, beside the codes of every job type. */
export const IMPORT_ERRORS = defineErrors({
  not_a_workbook: {
    http: 415,
    retryable: false,
    ko: "엑셀(.xlsx) 파일이 아닙니다.",
    en: "The file is not an .xlsx workbook.",
  },
  workbook_unreadable: {
    http: 422,
    retryable: false,
    ko: "엑셀 파일을 읽을 수 없습니다. 엑셀에서 연 뒤 .xlsx로 다시 저장해 올려 주세요.",
    en: "The workbook cannot be read: it is damaged, or no .xlsx. Open it in Excel, save it as .xlsx and upload that.",
  },
  workbook_encrypted: {
    http: 422,
    retryable: false,
    ko: "암호가 걸린 엑셀 파일입니다. 암호를 풀어 저장한 뒤 올려 주세요.",
    en: "The workbook is protected by a password. Save it without one and upload that.",
  },
  workbook_too_large: {
    http: 422,
    retryable: false,
    ko: "엑셀 파일이 너무 큽니다(최대 1,050,000행, 압축을 푼 크기 1GB). 나누어 올려 주세요.",
    en: "The workbook is too large (at most 1,050,000 rows, 1 GB unpacked). Split it and upload the parts.",
  },
  workbook_too_complex: {
    http: 422,
    retryable: false,
    ko: "엑셀 파일을 읽는 데 너무 오래 걸려 멈췄습니다. 새 파일에 명단만 값으로 붙여넣어 저장한 뒤 올려 주세요.",
    en: "Reading the workbook took too long and was stopped. Paste the list alone, as values, into a new workbook and upload that.",
  },
  workbook_no_header: {
    http: 422,
    retryable: false,
    ko: "‘학번’과 ‘이름’ 열이 있는 제목 행을 찾지 못했습니다. 예시 명단을 참고하세요.",
    en: "No header row with 학번/student_no and 이름/name was found. See the sample list.",
  },
});

/** Why a workbook could not be read, by its code: it comes from another process. */
export type ImportFailure = Extract<ErrorCode, "input_gone" | "storage_full"> | keyof typeof IMPORT_ERRORS;

/** What a code stands for. */
export function importError(code: ImportFailure): KnownError {
  return code === "input_gone" || code === "storage_full" ? code : IMPORT_ERRORS[code];
}
