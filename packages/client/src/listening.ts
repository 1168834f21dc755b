/** Where to listen, and for what; undefined where a page's parts are missing: a worker, a script. */
export type Source = readonly [target: EventTarget | undefined, name: string];

/** Calls back at each of the events; the answer ends that. */
export function listen(sources: readonly Source[], listener: (event: Event) => void): () => void {
  for (const [target, name] of sources) target?.addEventListener(name, listener);
  return () => {
    for (const [target, name] of sources) target?.removeEventListener(name, listener);
  };
}
