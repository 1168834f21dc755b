import { host } from "./host.ts";

/** The languages of the sentences that people see. */
export type Language = "ko" | "en";

/**
 * The first of the two languages that a browser asks for; English where it asks for neither.
 * @param preferred BCP 47 tags, the favourite first; default: the browser's own.
 */
export function browserLanguage(preferred: readonly string[] = host.navigator?.languages ?? []): Language {
  const first = preferred.find((tag) => /^(ko|en)(-|$)/i.test(tag));
  return first?.toLowerCase().startsWith("ko") === true ? "ko" : "en";
}
