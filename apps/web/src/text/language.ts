import { browserStorage, observableValue, useObservable } from "../browser/index.ts";
import { en } from "./en.ts";
import { ko, type Messages } from "./ko.ts";

export type Language = "ko" | "en";

const STORED_AS = "statusplane.language";
const MESSAGES: Readonly<Record<Language, Messages>> = { ko, en };

/** The stored choice, else English for a browser whose first language of the two is English, else Korean. */
export function chooseLanguage(stored: string | null, preferred: readonly string[]): Language {
  if (stored === "ko" || stored === "en") return stored;
  const first = preferred
    .map((tag) => tag.toLowerCase().split("-")[0])
    .find((tag) => tag === "ko" || tag === "en");
  return first === "en" ? "en" : "ko";
}

const current = observableValue<Language>(chooseLanguage(browserStorage.get(STORED_AS), navigator.languages));

/** The language of now, for requests. */
export function currentLanguage(): Language {
  return current.get();
}

export function setLanguage(language: Language): void {
  browserStorage.set(STORED_AS, language);
  document.documentElement.lang = language;
  current.set(language);
}

/** Tells the document its language; called once, before the first render. */
export function restoreLanguage(): void {
  document.documentElement.lang = current.get();
}

export interface Text {
  readonly language: Language;
  readonly messages: Messages;
}

/** The page's sentences in the language of now. */
export function useText(): Text {
  const language = useObservable(current);
  return { language, messages: MESSAGES[language] };
}
