/** Calls `work` for each item, at most `atOnce` at a time; stops beginning more after the first rejection, which it passes on. */
export async function forEachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  async function next(): Promise<void> {
    for (const item of rest) await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, next));
}
