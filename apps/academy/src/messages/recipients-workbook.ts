import { writeXlsxStream } from "hucre/xlsx";
import { Readable } from "node:stream";
import type { MessageDatabase } from "../jobs/message-send/index.ts";
import { recipientPage, type Recipient } from "./recipient-records.ts";

const PAGE_ROWS = 1_000;

const TITLES = {
  ko: ["번호", "학번", "이름", "주소", "결과", "이유", "상세", "시각"],
  en: ["No.", "Student no.", "Name", "Address", "Outcome", "Reason", "Detail", "Time"],
} as const;

const OUTCOMES: Readonly<Record<"ko" | "en", Readonly<Record<Recipient["status"], string>>>> = {
  ko: {
    waiting: "대기",
    claimed: "발송 중",
    sent: "발송",
    failed: "실패",
    uncertain: "확인 필요",
    skipped: "제외",
  },
  en: {
    waiting: "Waiting",
    claimed: "Sending",
    sent: "Sent",
    failed: "Failed",
    uncertain: "Uncertain",
    skipped: "Skipped",
  },
};

export interface WorkbookOf {
  readonly tenant: string;
  readonly jobId: string;
  readonly language: "ko" | "en";
}

/** All recipients of a message as a workbook; a statement per 1,000. */
export function recipientsWorkbook(database: MessageDatabase, of: WorkbookOf): Readable {
  const sheet = of.language === "ko" ? "발송 결과" : "Recipients";
  return Readable.from(writeXlsxStream(rowsOf(database, of), { name: sheet }) as AsyncIterable<Uint8Array>); // Node's streams of the web iterate
}

async function* rowsOf(
  database: MessageDatabase,
  { tenant, jobId, language }: WorkbookOf,
): AsyncGenerator<(string | number | null)[]> {
  yield [...TITLES[language]];
  let cursor: string | null = null;
  do {
    const page = await recipientPage(database, tenant, { jobId, status: null, cursor, limit: PAGE_ROWS });
    for (const each of page.items) {
      const { position, student_no: number, name, address, status, reason, detail, settled_at: at } = each;
      yield [position, number, name, address, OUTCOMES[language][status], reason, detail, at].map(plain);
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
}

/** What a spreadsheet might take for a formula is marked as a text, as people do it. */
function plain(value: string | number | null): string | number | null {
  return typeof value === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
}
