/** Line and paragraph ends of every kind, and tabs: one of them (CR LF counts as one) is shown as one space. */
const LINE_ENDS = /\r\n|[\t\n\v\f\r\u0085\u2028\u2029]/gu;
/**
 * What has no place in a line of text: other controls, the byte order mark, and the bidirectional embeddings, overrides
 * and isolates, which make `exe.4pm` read as another name than it is (U+202A–202E, U+2066–2069). The plain marks
 * (U+200E, U+200F) and joiners stay: names in Hebrew, Arabic and emoji need them.
 */
const HIDDEN = /[\p{Cc}\ufeff\u202a-\u202e\u2066-\u2069]/gu;
/** Halves of a pair without the other half: no UTF-8 says them. */
const LONE_SURROGATES = /\p{Cs}/gu;

/**
 * A text from outside (title, file name) as one line that every system shows alike: composed (NFC; macOS sends Korean
 * names in pieces), without controls and direction overrides, trimmed, cut between characters.
 * @param maxCharacters code points, from 1. @returns null where nothing visible is left.
 */
export function plainLine(text: string, maxCharacters: number): string | null {
  const line = text
    .replace(LINE_ENDS, " ")
    .replace(HIDDEN, "")
    .replace(LONE_SURROGATES, "\ufffd")
    .normalize("NFC")
    .trim();
  const cut =
    line.length <= maxCharacters ? line : Array.from(line).slice(0, maxCharacters).join("").trimEnd();
  return cut === "" ? null : cut;
}
