import type { Messages } from "./ko.ts";
import type { Language } from "./language.ts";

const LOCALE: Readonly<Record<Language, string>> = { ko: "ko-KR", en: "en" };
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_MS = 86_400_000;

/** Grouped digits: 12,345. */
export function formatCount(count: number, language: Language): string {
  return new Intl.NumberFormat(LOCALE[language]).format(count);
}

/**
 * A guess in words, as coarse as guesses are: 5 s steps below a minute, then minutes, then 5 min steps from an hour.
 * @param seconds ≥ 0.
 */
export function formatRemaining(seconds: number, units: Messages["units"]): string {
  if (seconds < MINUTE_S) {
    const rounded = Math.max(5, Math.ceil(seconds / 5) * 5);
    if (rounded < MINUTE_S) return units.seconds(String(rounded));
  }
  const minutes = Math.max(1, Math.round(seconds / MINUTE_S));
  if (minutes < HOUR_S / MINUTE_S) return units.minutes(String(minutes));
  const coarse = Math.round(minutes / 5) * 5;
  const hours = Math.floor(coarse / 60);
  const rest = coarse % 60;
  return rest === 0 ? units.hours(String(hours)) : units.hoursMinutes(String(hours), String(rest));
}

/** A video's length as players write it: 3:05, 1:02:03. */
export function formatLength(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / HOUR_S);
  const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
  const two = (n: number): string => String(n).padStart(2, "0");
  const rest = two(whole % MINUTE_S);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${two(minutes)}:${rest}`;
}

/** 1,536 → 1.5 kB. */
export function formatBytes(bytes: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let value = bytes;
  let index = 0;
  while (value >= 1_000 && index < units.length - 1) {
    value /= 1_000;
    index += 1;
  }
  return new Intl.NumberFormat(LOCALE[language], {
    style: "unit",
    unit: units[index] ?? "byte",
    unitDisplay: index === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && index > 0 ? 1 : 0,
  }).format(value);
}

/**
 * A moment as people say it: only the time within the last day, date and time before.
 * @param iso ISO 8601. @param nowMs Unix ms.
 * @returns an empty text for what is no moment.
 */
export function formatMoment(iso: string, language: Language, nowMs: number): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return "";
  const time = { hour: "numeric", minute: "2-digit" } as const;
  const isRecent = Math.abs(nowMs - at) < DAY_MS;
  const shape: Intl.DateTimeFormatOptions = isRecent ? time : { month: "short", day: "numeric", ...time };
  return new Intl.DateTimeFormat(LOCALE[language], shape).format(at);
}
