import type { Language } from "./browser-language.ts";
import type { ClientErrorCode } from "./client-error.ts";

const SENTENCES = {
  network_error: { ko: "서버에 연결할 수 없습니다.", en: "The server cannot be reached." },
  deadline_exceeded: { ko: "서버가 응답하지 않습니다.", en: "The server does not answer in time." },
  unexpected_answer: {
    ko: "서버의 응답을 이해할 수 없습니다.",
    en: "The server sent an unexpected response.",
  },
  client_closed: { ko: "연결이 종료되었습니다.", en: "The client was closed." },
  gone: { ko: "작업을 찾을 수 없습니다.", en: "There is no such job." },
  wait_timeout: {
    ko: "기다리는 동안 작업이 끝나지 않았습니다.",
    en: "The job has not ended in the time that was given.",
  },
  no_record: {
    ko: "이 작업의 기록은 이곳에 없습니다.",
    en: "There is no record of this job here.",
  },
} as const satisfies Record<ClientErrorCode, Record<Language, string>>;

/** What people see of a failure that the client itself finds. */
export type SentenceOf = (code: ClientErrorCode, language: Language) => string;

export const sentenceOf: SentenceOf = (code, language) => SENTENCES[code][language];
