/** Letters that differ, of those that should be there (Levenshtein); spaces and line ends count as one space. */
export function characterErrorRate(wanted: string, read: string): number {
  const from = letters(wanted);
  const to = letters(read);
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of from.entries()) {
    const next = [i + 1];
    for (const [j, other] of to.entries()) {
      const same = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(same, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return (row[to.length] ?? 0) / from.length;
}

const letters = (text: string): readonly string[] =>
  Array.from(text.normalize("NFC").replaceAll(/\s+/g, " ").trim());
