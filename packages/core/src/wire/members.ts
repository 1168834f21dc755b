/** A JSON object whose members are still to be looked at. */
export type Members = Readonly<Record<string, unknown>>;

/** The value as an object to look members up in; an empty one for anything else. */
export function asMembers(value: unknown): Members {
  return isMembers(value) ? value : {};
}

/** Whether the value is an object, and no array. */
export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is a text with something in it. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The value if it is a finite number. */
export function numberOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The value if it is a number, rounded, at least 0. */
export function wholeOrNull(value: unknown): number | null {
  const number = numberOrNull(value);
  return number === null ? null : Math.max(0, Math.round(number));
}

/** What `read` makes of each element of an array, without those of which it makes null; none for anything else. */
export function readEach<T>(value: unknown, read: (element: unknown) => T | null): readonly T[] {
  return Array.isArray(value) ? value.map(read).filter((element) => element !== null) : [];
}
