/**
 * The page's sentences in Korean and English, and how numbers, times and sizes are written.
 * May import the browser folder; every folder with something to say imports this one.
 * Data comes in as plain values and from the stored language;
 * it goes out as text.
 * A sentence exists in both languages or does not compile.
 */
export * from "./format.ts";
export { currentLanguage, restoreLanguage, setLanguage, useText } from "./language.ts";
export type { Text } from "./language.ts";
export { lookUp } from "./look-up.ts";
export type { Messages } from "./ko.ts";
export { plural } from "./plural.ts";
export { mayRepeat, requestProblem, unreachable } from "./request-problem.ts";
export * from "./use-format.ts";
