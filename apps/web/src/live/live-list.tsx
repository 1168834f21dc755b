import { jobsAhead, watchKey, type WatchedJob } from "@statusplane/client";
import { Fragment, useCallback, type ReactNode } from "react";
import { useFormat, type TextAndFormat } from "../text/index.ts";
import { Button, Notice, SteadyList } from "../ui/index.ts";
import type { HiddenJobs } from "./hidden-jobs.ts";
import { JobCard, type JobCardProps } from "./job-card.tsx";
import styles from "./live-list.module.css";
import { GROUPS, rowOf, type TrayItem } from "./tray.ts";
import type { TrayState } from "./use-tray.ts";

export interface LiveListProps {
  readonly tray: TrayState;
  readonly hidden: HiddenJobs;
  readonly onPlay: (videoId: string, title: string) => void;
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

/** What stands above a row of cards: its groups, and how many each has. */
function groupTitle(items: readonly TrayItem[], { messages, count }: TextAndFormat): readonly string[] {
  return GROUPS.map((group) => ({ group, size: items.filter((item) => item.group === group).length }))
    .filter(({ size }) => size > 0)
    .map(({ group, size }) => `${messages.live.groups[group]} ${count(size)}`);
}

type EntryProps = { readonly item: TrayItem } & Pick<
  JobCardProps,
  "waiting" | "ahead" | "onPlay" | "onDismiss" | "onFilled"
>;

function Entry({ item: { group, content }, ...card }: EntryProps): ReactNode {
  if ("upload" in content) {
    return (
      <div data-group={group} data-upload={content.upload.phase}>
        {content.upload.card}
      </div>
    );
  }
  const { job, isFilling } = content;
  return (
    <div data-group={group} data-ref={watchKey(job.ref)} data-status={job.status}>
      <JobCard job={job} isFilling={isFilling} {...card} />
    </div>
  );
}

/** Another text whenever something may have another place or height. */
const layoutOf = (items: readonly TrayItem[]): string =>
  items
    .map(({ key, group, content }) =>
      [key, group, "job" in content ? content.job.status : content.upload.phase].join(" "),
    )
    .join();

/** What is on its way, runs, waits, needs somebody, or has ended lately: everybody's of the tenant. */
export function LiveList({ tray, hidden, onPlay }: LiveListProps): ReactNode {
  const text = useFormat();
  const { messages, count } = text;
  const { items, more, waiting } = tray;
  const dismiss = useCallback((job: WatchedJob) => hidden.hide([job]), [hidden]);
  const finished = items.flatMap(({ group, content }) =>
    group === "finished" && "job" in content ? [content.job] : [],
  );
  const rows = [...new Set(items.map(({ group }) => rowOf(group)))];
  const card = { waiting, onPlay, onDismiss: dismiss, onFilled: tray.noteFilled };
  return (
    <section className={styles.live} aria-labelledby="live-title">
      <header className={styles.head}>
        <h2 id="live-title" className={styles.title}>
          {messages.live.title}
        </h2>
        {finished.length > 1 && (
          <Button look="quiet" onClick={() => hidden.hide(finished)}>
            {messages.live.clearEnded}
          </Button>
        )}
      </header>
      {items.length === 0 ? (
        <Empty isLoading={tray.isLoading} />
      ) : (
        <SteadyList layout={layoutOf(items)}>
          {rows.flatMap((row) => {
            const inRow = items.filter(({ group }) => rowOf(group) === row);
            return [
              <h3 key={`row ${row}`} className={styles.group}>
                {groupTitle(inRow, text).map((title, index) => (
                  <Fragment key={title}>
                    {index > 0 && " "}
                    <span>{title}</span>
                  </Fragment>
                ))}
              </h3>,
              ...inRow.map((item) => (
                <Entry key={item.key} item={item} ahead={aheadOf(item, tray)} {...card} />
              )),
            ];
          })}
        </SteadyList>
      )}
      {more > 0 && <Notice tone="plain">{messages.live.more(count(more))}</Notice>}
    </section>
  );
}

/** Who sees only a part of what waits cannot say how many stand before. */
function aheadOf({ group, content }: TrayItem, { jobs, more }: TrayState): number | undefined {
  return group === "queued" && "job" in content && more === 0 ? jobsAhead(content.job, jobs) : undefined;
}
