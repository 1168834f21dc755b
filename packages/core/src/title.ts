/** A title has so many characters (code points) at most, wherever it is kept or shown. */
export const TITLE_MAX_CHARACTERS = 200;

/** A title as snapshots carry it: cut between characters; every poll and push pays for its length. */
export function cutTitle(title: string): string {
  if (title.length <= TITLE_MAX_CHARACTERS) return title; // no fewer code units than code points
  return Array.from(title.slice(0, TITLE_MAX_CHARACTERS * 2))
    .slice(0, TITLE_MAX_CHARACTERS)
    .join("");
}
