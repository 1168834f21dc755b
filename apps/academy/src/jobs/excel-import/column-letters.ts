const LETTERS = 26;
const LETTER_A = 65;

/** A column's name as Excel shows it: 0 → `A`, 27 → `AB`. */
export function columnLetters(index: number): string {
  let letters = "";
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / LETTERS)) {
    letters = String.fromCharCode(LETTER_A + ((left - 1) % LETTERS)) + letters;
  }
  return letters;
}
