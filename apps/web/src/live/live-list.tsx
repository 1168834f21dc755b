import { isEnded, watchKey, type WatchRef } from "@statusplane/client";
import { useCallback, type ReactNode } from "react";
import type { JobTitles } from "../job/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Icon, Notice } from "../ui/index.ts";
import { JobCard } from "./job-card.tsx";
import styles from "./live-list.module.css";
import type { TrackedJobs } from "./tracked-jobs.ts";
import type { LiveJobs } from "./use-live-jobs.ts";

export interface LiveListProps {
  readonly live: LiveJobs;
  readonly tracked: TrackedJobs;
  readonly titles: JobTitles;
  readonly onPlay: (videoId: string, title: string) => void;
  /** Cards of files on their way, shown above the jobs. */
  readonly uploads: readonly ReactNode[];
}

function Empty({ isLoading }: { readonly isLoading: boolean }): ReactNode {
  const { messages } = useFormat();
  return (
    <div className={styles.empty}>
      {isLoading ? (
        <p>{messages.app.loading}</p>
      ) : (
        <>
          <p className={styles.emptyTitle}>{messages.live.empty}</p>
          <p>{messages.live.emptyMore}</p>
        </>
      )}
    </div>
  );
}

/** What is on its way, runs, or has ended while this page looked on; newest first. */
export function LiveList({ live, tracked, titles, onPlay, uploads }: LiveListProps): ReactNode {
  const { messages, count } = useFormat();
  const ended = live.jobs.filter(isEnded);
  const dismiss = useCallback((ref: WatchRef) => tracked.dismiss(ref), [tracked]);
  return (
    <section className={styles.live} aria-labelledby="live-title">
      <header className={styles.head}>
        <h2 id="live-title" className={styles.title}>
          {messages.live.title}
        </h2>
        {ended.length > 1 && (
          <Button look="quiet" onClick={() => ended.forEach((job) => dismiss(job.ref))}>
            {messages.live.clearEnded}
          </Button>
        )}
        <Button
          look="icon"
          aria-label={messages.live.refresh}
          title={messages.live.refresh}
          onClick={live.refresh}
        >
          <Icon name="again" />
        </Button>
      </header>
      {uploads.length + live.jobs.length === 0 ? (
        <Empty isLoading={live.isLoading} />
      ) : (
        <ul className={styles.list}>
          {uploads}
          {live.jobs.map((job) => (
            <li key={watchKey(job.ref)} data-ref={watchKey(job.ref)} data-status={job.status}>
              <JobCard
                job={job}
                title={job.title ?? titles.get(job.ref)}
                waiting={live.waiting}
                onPlay={onPlay}
                onDismiss={dismiss}
              />
            </li>
          ))}
        </ul>
      )}
      {live.more > 0 && <Notice tone="plain">{messages.live.more(count(live.more))}</Notice>}
    </section>
  );
}
