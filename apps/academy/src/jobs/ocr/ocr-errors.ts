import { defineErrors, type ErrorCode, type KnownError } from "@statusplane/core";

/** What the job type `ocr` ends with, or refuses a file with, beside the codes of every job type. */
export const OCR_ERRORS = defineErrors({
  not_a_document: {
    http: 415,
    retryable: false,
    ko: "사진(PNG, JPEG, WebP, TIFF, HEIC)이나 PDF 파일이 아닙니다.",
    en: "The file is neither a picture (PNG, JPEG, WebP, TIFF, HEIC) nor a PDF.",
  },
  document_unreadable: {
    http: 422,
    retryable: false,
    ko: "문서를 열 수 없습니다. 파일이 손상되었을 수 있습니다.",
    en: "The document cannot be opened; the file may be damaged or cut off.",
  },
  document_encrypted: {
    http: 422,
    retryable: false,
    ko: "암호가 걸린 PDF입니다. 암호를 풀어 저장한 뒤 올려 주세요.",
    en: "The PDF is protected by a password. Save it without one and upload that.",
  },
  document_too_large: {
    http: 422,
    retryable: false,
    ko: "문서가 너무 큽니다(최대 1,000쪽, 256MB, 쪽마다 1억 화소). 나누거나 줄여서 올려 주세요.",
    en: "The document is too large (at most 1,000 pages, 256 MB and 100 million pixels a page). Split or shrink it and upload that.",
  },
  document_too_complex: {
    http: 422,
    retryable: false,
    ko: "문서를 읽는 데 너무 오래 걸리거나 메모리가 부족해 멈췄습니다. 나누어 올려 주세요.",
    en: "Reading the document took too much time or memory and was stopped. Split it and upload the parts.",
  },
  heic_not_supported: {
    http: 422,
    retryable: false,
    ko: "이 서버는 HEIC 사진을 읽을 수 없습니다. JPEG로 바꾸어 올려 주세요.",
    en: "This server cannot read HEIC pictures. Save the picture as JPEG and upload that.",
  },
  ai_refused: {
    http: 502,
    retryable: false,
    ko: "AI 서비스가 요청을 거절했습니다. 관리자에게 문의해 주세요.",
    en: "The AI service refused the request; its address, key or model needs an operator.",
  },
  ai_unavailable: {
    http: 503,
    retryable: true,
    ko: "AI 서비스가 응답하지 않습니다.",
    en: "The AI service does not answer.",
  },
});

/** Why a document could not be read, by its code: it comes from another process. */
export type ReadingFailure = Extract<ErrorCode, "input_gone" | "storage_full"> | keyof typeof OCR_ERRORS;

/** What a code stands for. */
export function readingError(code: ReadingFailure): KnownError {
  return code === "input_gone" || code === "storage_full" ? code : OCR_ERRORS[code];
}
