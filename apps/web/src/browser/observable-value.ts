import { useSyncExternalStore } from "react";

/** A value outside React that components follow. */
export interface ObservableValue<T> {
  readonly get: () => T;
  readonly set: (value: T) => void;
  /** @returns the call that ends the subscription. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function observableValue<T>(initial: T): ObservableValue<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The value of now, and a new render at each change. */
export function useObservable<T>(value: ObservableValue<T>): T {
  return useSyncExternalStore(value.subscribe, value.get);
}
