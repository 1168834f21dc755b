import type { ReactNode } from "react";
import { requestProblem, useText } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";
import type { PagedList, PagedState } from "./paged-list.ts";
import styles from "./pages-foot.module.css";

export interface PagesFootProps {
  readonly list: Pick<PagedList<unknown>, "reload" | "more">;
  readonly state: PagedState<unknown>;
  readonly moreLabel: string;
  /** Said when there is nothing at all. */
  readonly empty: ReactNode;
}

/** Below a list read in pages: that it is being read, that it failed, that there is more, that it is empty. */
export function PagesFoot({ list, state, moreLabel, empty }: PagesFootProps): ReactNode {
  const { messages } = useText();
  if (state.failure !== null) {
    return (
      <Notice tone="bad" isAlert>
        {requestProblem(state.failure.error, messages)}
        <Button look="plain" onClick={() => (state.items.length === 0 ? list.reload() : list.more())}>
          {messages.app.tryAgain}
        </Button>
      </Notice>
    );
  }
  if (state.items.length === 0) {
    return <div className={styles.empty}>{state.isLoading ? messages.app.loading : empty}</div>;
  }
  if (state.nextCursor === null) return null;
  return (
    <div className={styles.more}>
      <Button look="plain" disabled={state.isLoading} onClick={() => list.more()}>
        {state.isLoading ? messages.app.loading : moreLabel}
      </Button>
    </div>
  );
}
