import { watchKey, type RecordedJob, type Status, type WatchRef } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useId, useMemo, useState, type ReactNode } from "react";
import { PagedList, PagesFoot, usePagedList } from "../pages/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Icon, viewStyles } from "../ui/index.ts";
import { HistoryItem } from "./history-item.tsx";
import styles from "./history-view.module.css";

export interface HistoryViewProps {
  readonly onPlay: (videoId: string, title: string) => void;
  /** A job runs again: the live list shows it. */
  readonly onRetried: () => void;
}

type Kind = WatchRef["kind"];

const KINDS: readonly Kind[] = ["video", "job"];
const STATUSES: Readonly<Record<Kind, readonly Status[]>> = {
  video: ["PENDING", "PROCESSING", "READY", "FAILED", "CANCELLED"],
  job: ["PENDING", "PROCESSING", "DONE", "FAILED", "CANCELLED"],
};

interface FilterProps {
  readonly kind: Kind;
  readonly status: Status | null;
  readonly onChange: (kind: Kind, status: Status | null) => void;
}

function Filter({ kind, status, onChange }: FilterProps): ReactNode {
  const { messages } = useFormat();
  const id = useId();
  const words = messages.history;
  return (
    <div className={styles.filter}>
      <fieldset className={styles.kinds}>
        <legend className={styles.legend}>{words.kind}</legend>
        {KINDS.map((option) => (
          <label key={option} className={styles.kind}>
            <input
              type="radio"
              name={`${id}-kind`}
              checked={kind === option}
              onChange={() => onChange(option, null)}
            />
            {option === "video" ? words.videos : words.jobs}
          </label>
        ))}
      </fieldset>
      <label className={styles.status}>
        {words.status}
        <select
          value={status ?? ""}
          onChange={(event) =>
            onChange(kind, STATUSES[kind].find((known) => known === event.target.value) ?? null)
          }
        >
          <option value="">{words.all}</option>
          {STATUSES[kind].map((option) => (
            <option key={option} value={option}>
              {messages.job.statuses[option]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Everything there ever was, from the database: read when the view is opened, and page by page when asked. */
export function HistoryView({ onPlay, onRetried }: HistoryViewProps): ReactNode {
  const client = useClient();
  const { messages } = useFormat();
  const [kind, setKind] = useState<Kind>("video");
  const [status, setStatus] = useState<Status | null>(null);
  const list = useMemo(
    () =>
      new PagedList<RecordedJob>((cursor) =>
        client.history(kind, { cursor, ...(status === null ? {} : { status }) }),
      ),
    [client, kind, status],
  );
  const state = usePagedList(list);
  const { items } = state;
  return (
    <section className={viewStyles.view} aria-labelledby="history-title">
      <header className={viewStyles.head}>
        <div className={viewStyles.words}>
          <h1 id="history-title" className={viewStyles.title}>
            {messages.history.title}
          </h1>
          <p className={viewStyles.note}>{messages.history.note}</p>
        </div>
        <Button
          look="icon"
          aria-label={messages.history.refresh}
          title={messages.history.refresh}
          onClick={() => list.reload()}
        >
          <Icon name="again" />
        </Button>
      </header>
      <Filter
        kind={kind}
        status={status}
        onChange={(nextKind, nextStatus) => {
          setKind(nextKind);
          setStatus(nextStatus);
        }}
      />
      {items.length > 0 && (
        <ul className={styles.list} aria-busy={state.isLoading}>
          {items.map((item) => (
            <li key={watchKey(item.ref)} data-ref={watchKey(item.ref)} data-status={item.status}>
              <HistoryItem record={item} onPlay={onPlay} onRetried={onRetried} />
            </li>
          ))}
        </ul>
      )}
      <PagesFoot list={list} state={state} moreLabel={messages.history.more} empty={messages.history.empty} />
    </section>
  );
}
