import { defineErrors } from "@statusplane/core";

/** What the job type `message_send`, its preview and its pages answer with, beside the codes of every job type. */
export const MESSAGE_ERRORS = defineErrors({
  message_placeholder_unknown: {
    http: 422,
    retryable: false,
    ko: "알 수 없는 자리표시자가 있습니다.",
    en: "The text has a placeholder that is not known.",
  },
  message_changed: {
    http: 409,
    retryable: false,
    ko: "미리보기 이후 받는 사람이나 내용이 바뀌었습니다. 다시 확인한 뒤 보내세요.",
    en: "Recipients or text have changed since the preview. Look at it again, then send.",
  },
  message_not_previewed: {
    http: 422,
    retryable: false,
    ko: "미리보기에서 받은 확인 값이 필요합니다.",
    en: "The confirm value of a preview is required.",
  },
  message_no_recipients: {
    http: 422,
    retryable: false,
    ko: "받는 사람이 없습니다.",
    en: "There is nobody to send this to.",
  },
  message_too_many_recipients: {
    http: 422,
    retryable: false,
    ko: "한 번에 20,000명까지 보낼 수 있습니다.",
    en: "A message goes to at most 20,000 recipients; send it in parts.",
  },
  message_channel_missing: {
    http: 422,
    retryable: false,
    ko: "이 서버에는 이 발송 방법이 설정되어 있지 않습니다.",
    en: "This way of sending is not set up on this server.",
  },
  webhook_not_allowed: {
    http: 422,
    retryable: false,
    ko: "허용되지 않은 웹훅 주소입니다.",
    en: "This webhook address is not allowed: https, a host of WEBHOOK_ALLOWED_HOSTS.",
  },
  message_address_malformed: {
    http: 422,
    retryable: false,
    ko: "이메일 주소나 전화번호 형식이 아닙니다.",
    en: "This is neither an email address nor a phone number.",
  },
  message_gone: {
    http: 409,
    retryable: false,
    ko: "보관 기간이 지나 내용과 주소가 삭제되었습니다.",
    en: "Text and addresses of this message are no longer kept.",
  },
});
