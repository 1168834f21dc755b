import { observableValue, useObservable } from "./observable-value.ts";
import { browserStorage } from "./text-storage.ts";

export type Theme = "light" | "dark";

const STORED_AS = "statusplane.theme";

const readTheme = (text: string | null): Theme | null => (text === "light" || text === "dark" ? text : null);
/** null: as the system says. */
const chosen = observableValue<Theme | null>(readTheme(browserStorage.get(STORED_AS)));

const systemDark = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");

function show(theme: Theme | null): void {
  if (theme === null) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Shows the stored choice; called once, before the first render. */
export function restoreTheme(): void {
  show(chosen.get());
}

/** The theme people see, and the call that swaps it for good. */
export function useTheme(): readonly [Theme, () => void] {
  const theme = useObservable(chosen) ?? (systemDark().matches ? "dark" : "light");
  const swap = (): void => {
    const next = theme === "dark" ? "light" : "dark";
    browserStorage.set(STORED_AS, next);
    show(next);
    chosen.set(next);
  };
  return [theme, swap];
}
