import type { CellValue } from "@statusplane/xlsx";
import { foldedText, textOf } from "./cell-text.ts";
import { refuse } from "./row-problems.ts";

/** Days that Excel shows as 1954-10-04 to 2119-01-13: a number alone in a date column is one that lost its format. */
const SERIALS = { from: 20_000, to: 80_000 };
const FIRST_YEAR = 1900;
const LAST_YEAR = 2100;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A date as `YYYY-MM-DD`, from a date cell or from text and numbers as people write them: 2026-03-01, 2026. 3. 1.,
 * 2026/03/01, 20260301, 2026년 3월 1일, Mar 1, 2026, each also with a weekday and a time behind it. Null when it is no
 * day of 1900–2100, or when year, month and day cannot be told apart for certain (26.3.1, 3/1/2026).
 * @throws {CellRefused} `date_unformatted` for a day's number without a date format.
 */
export function dateOf(cell: CellValue): string | null {
  const plain = cell !== null && typeof cell === "object" && "iso" in cell ? dayOfMoment(cell.iso) : cell;
  if (typeof plain === "string" && SAFE_DATE.test(plain)) return plain;
  if (typeof plain === "number" && plain >= SERIALS.from && plain <= SERIALS.to) refuse("date_unformatted");
  const text = foldedText(textOf(plain) ?? "");
  const match = SEPARATED.exec(text) ?? COMPACT.exec(text) ?? inWords(text);
  if (match === null) return null;
  const { year = "", month = "", day = "", rest = "" } = match.groups ?? {};
  const time = TIME_BEHIND.exec(rest);
  if (time === null) return null;
  const iso = existing(Number(year), monthNumber(month), Number(day));
  return iso !== null && isSameDayInKorea(iso, time.groups ?? {}) ? iso : null;
}

/** As a table prints them; days that not every month has are looked at below. */
const SAFE_DATE = /^(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/;
const SEPARATED =
  /^(?<year>\d{4})\s{0,3}[-./년]\s{0,3}(?<month>\d{1,2})\s{0,3}[-./월]\s{0,3}(?<day>\d{1,2})(?!\d)(?:\s{0,3}[.일])?(?<rest>.*)$/;
const COMPACT = /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?<rest>)$/;
const MONTH_FIRST = /^(?<month>[a-z]{3,9})\.? (?<day>\d{1,2}),? (?<year>\d{4})(?!\d)(?<rest>.*)$/i;
const DAY_FIRST = /^(?<day>\d{1,2})[- ](?<month>[a-z]{3,9})\.?,?[- ](?<year>\d{4})(?!\d)(?<rest>.*)$/i;
const WEEKDAY = String.raw`(?:\s{0,3}\(?[일월화수목금토](?:요일)?\)?)?`;
const CLOCK = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d\d)(?::\d\d(?:\.\d{1,9})?)?|시(?:\s?\d{1,2}분(?:\s?\d{1,2}초)?)?)`;
const ZONE = String.raw`(?<zone>Z|[+-]\d\d:?\d\d)?`;
const TIME_BEHIND = new RegExp(
  String.raw`^${WEEKDAY}(?:(?:\s{1,3}|T)(?:(?<half>오전|오후|[AP]M)\s?)?${CLOCK}\s?(?:[AP]M)?\s?${ZONE})?$`,
  "i",
);
const MONTHS = "january february march april may june july august september october november december".split(
  " ",
);

const MIDNIGHT_IN_SEOUL_BY_SHEETJS = /T23:59:0[789]/;
const MS_PER_DAY = 86_400_000;

/** SheetJS takes Seoul to be 52 s off its zone, so a midnight that it wrote there is 23:59:08 of the day before. */
function dayOfMoment(iso: string): string {
  const isDayBefore = MIDNIGHT_IN_SEOUL_BY_SHEETJS.test(iso);
  const day = iso.slice(0, 10);
  const ms = isDayBefore ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(ms) ? day : new Date(ms + MS_PER_DAY).toISOString().slice(0, 10);
}

function inWords(text: string): RegExpExecArray | null {
  return MONTH_FIRST.exec(text) ?? DAY_FIRST.exec(text);
}

/** 0 for what is no month. */
function monthNumber(month: string): number {
  const inDigits = Number(month);
  return Number.isNaN(inDigits)
    ? MONTHS.findIndex((name) => name.startsWith(month.toLowerCase())) + 1
    : inDigits;
}

function existing(year: number, month: number, day: number): string | null {
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = (DAYS[month - 1] ?? 0) + (isLeap ? 1 : 0);
  if (year < FIRST_YEAR || year > LAST_YEAR || day < 1 || day > last) return null;
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

const KOREA_MINUTES = 9 * 60;
const MS_PER_MINUTE = 60_000;

/**
 * A moment with a zone names a day only with the place. It is certain where it is the same day in Korea: a program
 * that wrote midnight of a day in Korea as 15:00 Z of the day before meant the other one.
 */
function isSameDayInKorea(iso: string, time: Readonly<Record<string, string | undefined>>): boolean {
  const { zone, hour = "0", minute = "0" } = time;
  if (zone === undefined) return true;
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const utc = Date.parse(`${iso}T00:00:00Z`) + (Number(hour) * 60 + Number(minute) - offset) * MS_PER_MINUTE;
  return new Date(utc + KOREA_MINUTES * MS_PER_MINUTE).toISOString().startsWith(iso);
}
