/** The query of an address, without what is undefined, null or empty. */
export function searchOf(
  members: Readonly<Record<string, string | number | null | undefined>>,
  write: (value: string) => string = encodeURIComponent,
): string {
  const parts = Object.entries(members).flatMap(([name, value]) =>
    value === undefined || value === null || value === "" ? [] : [`${name}=${write(String(value))}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
