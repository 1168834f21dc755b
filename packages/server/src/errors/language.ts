/** The languages of the error table. */
export type Language = "ko" | "en";

/**
 * The language of an answer's sentences: Korean, unless `Accept-Language` puts English first.
 * @param header the request's `Accept-Language`.
 */
export function languageOf(header: string | undefined): Language {
  if (header === undefined) return "ko";
  let best: { readonly language: Language; readonly quality: number } = { language: "ko", quality: 0 };
  for (const range of header.slice(0, 200).split(",")) {
    const [tag = "", ...parameters] = range.trim().toLowerCase().split(";");
    const primary = tag.split("-")[0];
    if (primary !== "ko" && primary !== "en") continue;
    const quality = qualityOf(parameters);
    if (quality > best.quality) best = { language: primary, quality };
  }
  return best.language;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.map((each) => each.trim()).find((each) => each.startsWith("q="));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}
