/** No student number has one in it. */
const SEPARATOR = "\n";

/**
 * Tells whether a student number comes twice. While they ascend, as exported lists do, none can: then they are only
 * laid by, one text per batch (kept singly, each would keep alive the piece of XML that it was cut from). The first
 * that does not ascend puts them all into a set.
 */
export class SeenNumbers {
  readonly #ascending: string[] = [];
  #last = "";
  #seen: Set<string> | null = null;
  #repeated = false;

  /** True as soon as one came twice. */
  get repeated(): boolean {
    return this.#repeated;
  }

  /** Takes the next numbers in the file's order. */
  add(numbers: readonly string[]): void {
    if (numbers.length === 0 || this.#repeated) return;
    const batch = numbers.join(SEPARATOR);
    if (this.#seen === null && this.#ascend(numbers)) this.#ascending.push(batch);
    else this.#put(batch);
  }

  #ascend(numbers: readonly string[]): boolean {
    for (const number of numbers) {
      if (number <= this.#last) return false;
      this.#last = number;
    }
    return true;
  }

  #put(batch: string): void {
    this.#seen ??= new Set(this.#ascending.splice(0).flatMap((each) => each.split(SEPARATOR)));
    for (const number of batch.split(SEPARATOR)) {
      this.#repeated ||= this.#seen.has(number);
      this.#seen.add(number);
    }
  }
}
