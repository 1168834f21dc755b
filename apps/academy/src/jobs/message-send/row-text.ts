/** A column of a row: its text, a number's digits; null for NULL. */
export function textOrNull(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : null;
}
