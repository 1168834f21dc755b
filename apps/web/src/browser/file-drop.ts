import { useEffect, useEffectEvent } from "react";
import { observableValue, useObservable } from "./observable-value.ts";

type Taker = (files: readonly File[]) => void;

const isOver = observableValue(false);
const takers = new Set<Taker>();

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

function hover(event: DragEvent): void {
  if (!hasFiles(event)) return;
  event.preventDefault();
  isOver.set(true);
}

function leave(event: DragEvent): void {
  if (event.relatedTarget === null) isOver.set(false); // the pointer left the window, not just an element
}

function drop(event: DragEvent): void {
  if (!hasFiles(event)) return;
  event.preventDefault();
  isOver.set(false);
  const files = [...(event.dataTransfer?.files ?? [])];
  for (const take of takers) take(files);
}

/**
 * From now on the browser never leaves the page to open a file that is dropped on it, whatever is shown: also where
 * nobody takes it, and over a dialog. Called once, before the first render.
 */
export function catchFileDrops(): void {
  window.addEventListener("dragenter", hover);
  window.addEventListener("dragover", hover);
  window.addEventListener("dragleave", leave);
  window.addEventListener("drop", drop);
}

/** Takes the files that are dropped anywhere on the page. @returns whether files hover over the page now. */
export function useFileDrop(onFiles: Taker): boolean {
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    const taker: Taker = (files) => take(files);
    takers.add(taker);
    return () => void takers.delete(taker);
  }, []);
  return useObservable(isOver);
}
