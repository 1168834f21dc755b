import { formatBytes, formatCount, formatLength, formatMoment, formatRemaining } from "./format.ts";
import { useText, type Text } from "./language.ts";

/** The sentences, and numbers, times and sizes in the language of now. */
export interface TextAndFormat extends Text {
  readonly count: (count: number) => string;
  /** Seconds → a coarse guess in words. */
  readonly remaining: (seconds: number) => string;
  /** Seconds → 3:05. */
  readonly length: (seconds: number) => string;
  readonly bytes: (bytes: number) => string;
  /** ISO 8601 → time, or date and time. */
  readonly moment: (iso: string) => string;
}

export function useFormat(): TextAndFormat {
  const text = useText();
  return {
    ...text,
    count: (count) => formatCount(count, text.language),
    remaining: (seconds) => formatRemaining(seconds, text.messages.units),
    length: formatLength,
    bytes: (bytes) => formatBytes(bytes, text.language),
    moment: (iso) => formatMoment(iso, text.language, Date.now()),
  };
}
