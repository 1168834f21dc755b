/**
 * Whether Postgres can store the text, in a column or in JSON: no NUL character, no half of a surrogate pair. What comes
 * from outside is asked before it becomes part of a statement: afterwards it would be a fault of ours.
 */
export function isStorableText(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text);
}
