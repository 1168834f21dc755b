/** Texts by name that outlive a reload where the browser allows it. */
export interface TextStorage {
  get(name: string): string | null;
  set(name: string, text: string): void;
  remove(name: string): void;
}

/**
 * A browser's storage, and memory where it refuses: private windows and full quotas throw at any call.
 * @param open gets the storage; its very access may throw too.
 */
export function textStorage(open: () => Storage): TextStorage {
  const memory = new Map<string, string>();
  return {
    get(name) {
      try {
        return open().getItem(name) ?? memory.get(name) ?? null;
      } catch {
        return memory.get(name) ?? null; // refused: what this page has set itself
      }
    },
    set(name, text) {
      memory.delete(name);
      try {
        open().setItem(name, text);
      } catch {
        memory.set(name, text); // refused: kept until the page is left
      }
    },
    remove(name) {
      memory.delete(name);
      try {
        open().removeItem(name);
      } catch {
        // refused: so nothing was ever kept there
      }
    },
  };
}

/** Kept for this browser: language, theme, what was taken off the tray. */
export const browserStorage: TextStorage = textStorage(() => window.localStorage);
/** Kept for this tab: the token. */
export const tabStorage: TextStorage = textStorage(() => window.sessionStorage);
