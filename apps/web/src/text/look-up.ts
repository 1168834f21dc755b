/** The sentence of a key that a server named; undefined where this page has none, prototypes' names included. */
export function lookUp(
  table: Readonly<Record<string, string>>,
  key: string | null | undefined,
): string | undefined {
  return key !== null && key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
