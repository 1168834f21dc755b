import { useSyncExternalStore } from "react";

/** What the page shows below its header; part of the address, so reload and back keep it. */
export const VIEWS = ["work", "history", "students", "viewing"] as const;
export type View = (typeof VIEWS)[number];

/** The view an address's fragment names; the first one for anything else. */
export function viewOfHash(hash: string): View {
  const name = hash.replace(/^#\/?/, "");
  return VIEWS.find((view) => view === name) ?? VIEWS[0];
}

export function hashOfView(view: View): string {
  return `#/${view}`;
}

export function goTo(view: View): void {
  window.location.hash = hashOfView(view);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useView(): View {
  return useSyncExternalStore(subscribe, () => viewOfHash(window.location.hash));
}
