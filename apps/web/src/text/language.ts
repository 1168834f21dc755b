import { browserLanguage, type Language } from "@statusplane/client";
import { browserStorage, observableValue, useObservable } from "../browser/index.ts";
import { en } from "./en.ts";
import { ko, type Messages } from "./ko.ts";

const STORED_AS = "statusplane.language";
const MESSAGES: Readonly<Record<Language, Messages>> = { ko, en };

/** The stored choice, else what the browser asks for. */
export function chooseLanguage(stored: string | null, preferred: readonly string[]): Language {
  return stored === "ko" || stored === "en" ? stored : browserLanguage(preferred);
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

export type { Language };

export interface Text {
  readonly language: Language;
  readonly messages: Messages;
}

/** The page's sentences in the language of now. */
export function useText(): Text {
  const language = useObservable(current);
  return { language, messages: MESSAGES[language] };
}
