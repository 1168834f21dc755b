import { defineErrors, type ErrorDefinition, type ErrorRow } from "./error-definition.ts";

const row = (http: number, retryable: boolean, ko: string, en: string): ErrorRow => ({
  http,
  retryable,
  ko,
  en,
});

/** Every code that the platform answers with or stores, for any job type. */
export const ERRORS = defineErrors({
  // requests
  not_found: row(404, false, "진행 중인 작업이 아닙니다.", "That job isn't running."),
  record_not_found: row(404, false, "작업을 찾을 수 없습니다.", "There is no such job."),
  route_not_found: row(404, false, "없는 주소입니다.", "There is nothing at this address."),
  not_served_here: row(
    404,
    false,
    "이 서버가 제공하지 않는 주소입니다.",
    "This process does not serve this address. Ask the api role.",
  ),
  host_not_served: row(
    421,
    false,
    "이 주소로는 접속할 수 없습니다. localhost로 접속하세요.",
    "This server answers only to localhost. Open it by that name, or name its origin in ALLOWED_ORIGINS.",
  ),
  method_not_allowed: row(405, false, "허용되지 않는 방법입니다.", "This method is not allowed here."),
  tenant_required: row(400, false, "tenant가 필요합니다.", "The token names no tenant."),
  unauthenticated: row(
    401,
    false,
    "로그인이 필요합니다.",
    "Sign in: the token is missing, wrong or expired.",
  ),
  claim_missing: row(
    401,
    false,
    "로그인 토큰에 필요한 클레임이 없습니다.",
    "The sign-in token lacks a claim that is required.",
  ),
  claim_invalid: row(
    401,
    false,
    "로그인 정보의 클레임이 올바르지 않습니다.",
    "A claim of the sign-in is not valid.",
  ),
  insufficient_scope: row(
    403,
    false,
    "로그인 정보의 scope가 이 요청을 허용하지 않습니다.",
    "The scope of the sign-in does not allow this.",
  ),
  origin_not_allowed: row(
    403,
    false,
    "이 출처(Origin)의 페이지에서는 변경할 수 없습니다.",
    "Pages of this origin may not change anything. Name it in ALLOWED_ORIGINS.",
  ),
  forbidden: row(403, false, "권한이 없습니다.", "Your role does not allow this."),
  invalid_id: row(404, false, "진행 중인 작업이 아닙니다.", "That job isn't running."),
  invalid_request: row(400, false, "요청이 올바르지 않습니다.", "The request is not valid."),
  invalid_json: row(400, false, "JSON 형식이 올바르지 않습니다.", "The body is not valid JSON."),
  body_too_deep: row(
    400,
    false,
    "JSON이 너무 깊습니다.",
    "The JSON is nested too deeply (at most 20 levels).",
  ),
  body_too_large: row(413, false, "요청이 너무 큽니다.", "The body is too large."),
  url_too_long: row(414, false, "주소가 너무 깁니다.", "The URL is too long (at most 8 KiB)."),
  unsupported_media_type: row(
    415,
    false,
    "지원하지 않는 형식입니다.",
    "This content type is not accepted here.",
  ),
  too_many_refs: row(
    400,
    false,
    "한 번에 100개까지 조회할 수 있습니다.",
    "At most 100 jobs per request; split the request.",
  ),
  unknown_job_type: row(422, false, "알 수 없는 작업 종류입니다.", "No such job type."),
  invalid_payload: row(
    422,
    false,
    "작업 입력이 올바르지 않습니다.",
    "The payload does not fit this job type.",
  ),
  file_required: row(422, false, "파일이 필요합니다.", "Attach the file as the multipart field 'file'."),
  file_empty: row(422, false, "빈 파일입니다.", "The file is empty."),
  file_too_large: row(413, false, "파일이 너무 큽니다.", "The file is larger than this server accepts."),
  idempotency_conflict: row(
    409,
    false,
    "같은 Idempotency-Key로 다른 요청이 있었습니다.",
    "This Idempotency-Key was used with another body.",
  ),
  invalid_idempotency_key: row(
    400,
    false,
    "Idempotency-Key가 올바르지 않습니다.",
    "Idempotency-Key must be 1–255 visible ASCII characters.",
  ),
  already_finished: row(409, false, "이미 끝난 작업입니다.", "The job has already ended."),
  file_not_found: row(404, false, "그런 파일이 없습니다.", "The job has no such file."),
  not_finished: row(
    409,
    false,
    "아직 끝나지 않은 작업입니다. 먼저 취소해 주세요.",
    "The job has not ended yet. Cancel it first.",
  ),
  not_retryable: row(
    409,
    false,
    "다시 시도할 수 없는 상태입니다.",
    "Only a failed or cancelled job can be retried.",
  ),
  input_gone: row(
    409,
    false,
    "원본 보관 기간이 지났습니다. 파일을 다시 올려 주세요.",
    "The original file is no longer available. Upload it again.",
  ),
  headers_too_large: row(431, false, "요청 헤더가 너무 큽니다.", "The request's headers are too large."),
  request_timeout: row(
    408,
    true,
    "요청이 시간 안에 도착하지 않았습니다.",
    "The request did not arrive in time.",
  ),
  sign_in_unavailable: row(
    503,
    true,
    "로그인을 확인할 수 없습니다. 잠시 후 다시 시도하세요.",
    "What verifies sign-ins does not answer; try again shortly.",
  ),
  rate_limited: row(
    429,
    true,
    "요청이 너무 많습니다. 잠시 후 다시 시도하세요.",
    "Too many requests; wait as Retry-After says.",
  ),
  too_many_streams: row(
    429,
    true,
    "실시간 연결이 너무 많습니다. 잠시 후 다시 시도하세요.",
    "Too many open streams; close one, or wait as Retry-After says.",
  ),
  upgrade_required: row(
    426,
    false,
    "WebSocket으로만 연결할 수 있습니다.",
    "This address speaks WebSocket alone.",
  ),
  leaving: row(
    503,
    true,
    "서버가 종료되는 중입니다. 다시 연결하세요.",
    "This process is ending; connect again, to another one.",
  ),
  detail_budget_spent: row(
    429,
    true,
    "요청이 너무 많습니다. 잠시 후 다시 시도하세요.",
    "Too many look-ups in the database; wait as Retry-After says.",
  ),
  signature_expired: row(
    403,
    true,
    "재생 주소가 만료되었습니다.",
    "The playback URL has expired; ask playback again.",
  ),
  viewer_required: row(
    403,
    false,
    "누가 보는지 알 수 없는 로그인입니다.",
    "The sign-in does not say who watches.",
  ),
  grant_invalid: row(
    403,
    false,
    "시청 기록 권한이 올바르지 않습니다.",
    "The grant to report is missing, wrong or expired; ask playback again.",
  ),
  not_allowed_to_play: row(
    403,
    false,
    "지금은 이 영상을 볼 수 없습니다.",
    "You may not watch this video now.",
  ),
  not_playable: row(409, false, "아직 재생할 수 없습니다.", "This video is not ready to play."),
  result_not_found: row(404, false, "결과가 없습니다.", "This job has no result of its own."),
  store_unavailable: row(
    503,
    true,
    "상태 저장소에 연결할 수 없습니다. 잠시 후 다시 시도하세요.",
    "The status store does not answer; try again shortly.",
  ),
  database_unavailable: row(
    503,
    true,
    "데이터베이스에 연결할 수 없습니다. 잠시 후 다시 시도하세요.",
    "The database does not answer; try again shortly.",
  ),
  queue_unavailable: row(
    503,
    true,
    "작업 대기열에 연결할 수 없습니다.",
    "The queue does not answer; try again shortly.",
  ),
  storage_full: row(
    507,
    true,
    "저장 공간이 부족합니다.",
    "The server has no room for more work; try again later.",
  ),
  shutting_down: row(503, true, "서버가 종료되는 중입니다.", "The server is shutting down; try again."),
  internal_error: row(500, true, "서버 오류가 발생했습니다.", "Something went wrong on the server."),
  // how jobs end
  cancelled: row(409, false, "취소되었습니다.", "Cancelled."),
  worker_lost: row(500, true, "작업 서버와의 연결이 끊어졌습니다.", "The worker stopped unexpectedly."),
  poison: row(
    500,
    false,
    "이 파일을 처리할 때마다 서버가 중단되어 더 시도하지 않습니다.",
    "This file crashed the worker on every attempt.",
  ),
  handed_back: row(
    503,
    true,
    "작업 서버가 종료되어 다른 서버가 이어서 처리합니다.",
    "The worker shut down and handed the job back; another one takes it.",
  ),
  lease_lost: row(409, true, "작업 권한을 잃었습니다.", "The worker lost its lease."),
  fenced: row(409, false, "더 새로운 시도가 있습니다.", "A newer attempt has taken over."),
  output_too_large: row(422, false, "결과 파일이 한도를 넘었습니다.", "The output exceeds the size limit."),
  result_too_large: row(422, false, "결과가 너무 큽니다.", "The result is larger than allowed."),
});

export type ErrorCode = keyof typeof ERRORS;

/** A code of the platform, or what an application defined. */
export type KnownError = ErrorCode | ErrorDefinition;

/** What it means. */
export function definitionOf(error: KnownError): ErrorDefinition {
  return typeof error === "string" ? ERRORS[error] : error;
}

/** Whether another try, or the same request later, may succeed; null for a code that the platform does not have. */
export function isRetryable(code: string): boolean | null {
  return lookUp(code)?.retryable ?? null;
}

/** The platform's sentence for people; Korean unless told otherwise; the code itself where it has none. */
export function publicMessage(code: string, language: "ko" | "en" = "ko"): string {
  return lookUp(code)?.[language] ?? code;
}

function lookUp(code: string): ErrorDefinition | undefined {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
}
