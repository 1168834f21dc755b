import { useEffect } from "react";
import { useObservable } from "../browser/index.ts";
import type { PagedList, PagedState } from "./paged-list.ts";

/** Reads a list's first page, and follows it while mounted. */
export function usePagedList<T>(list: PagedList<T>): PagedState<T> {
  useEffect(() => {
    list.reload();
    return () => list.close();
  }, [list]);
  return useObservable(list.state);
}
