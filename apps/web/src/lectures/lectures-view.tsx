import { type RecordedJob } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import type { ViewReporter } from "@statusplane/client/views";
import { useEffect, useMemo, type ReactNode } from "react";
import { PagedList, PagesFoot, usePagedList } from "../pages/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Icon, ProgressBar, viewStyles } from "../ui/index.ts";
import styles from "./lectures-view.module.css";
import { useKnownView, useViewWords } from "./view-words.ts";

/** A lecture that can be played. */
export interface Lecture {
  readonly videoId: string;
  readonly title: string;
}

export interface LecturesViewProps {
  readonly reporter: ViewReporter;
  /** @param following lectures after it, in order. */
  readonly onPlay: (lecture: Lecture, following: readonly Lecture[]) => void;
}

/** Finished videos, page by page, each page with what was watched of them: one request for each. */
function useLectures(reporter: ViewReporter) {
  const client = useClient();
  const list = useMemo(
    () =>
      new PagedList<RecordedJob>(async (cursor) => {
        const page = await client.history("video", { cursor, status: "READY" });
        await reporter.loadAll(page.items.map(({ ref }) => ref.id));
        return page;
      }),
    [client, reporter],
  );
  return [list, usePagedList(list)] as const;
}

interface LectureLineProps extends Lecture {
  readonly reporter: ViewReporter;
  readonly onPlay: () => void;
}

function LectureLine({ videoId, title, reporter, onPlay }: LectureLineProps): ReactNode {
  const { messages, length } = useFormat();
  const words = useViewWords();
  const view = useKnownView(reporter, videoId);
  if (view === undefined) return null;
  const { watchedPercent, isAttended, mayPlay, lengthSeconds, positionSeconds } = view;
  const isBegun = positionSeconds !== null && view.nextSeconds > 0;
  const what = isBegun ? messages.lectures.goOn(length(view.nextSeconds)) : messages.lectures.play;
  return (
    <article className={styles.lecture} data-video={videoId} data-attended={isAttended}>
      <div className={styles.about}>
        <h2 className={styles.name}>{title}</h2>
        <span className={styles.length}>{lengthSeconds === null ? "" : length(lengthSeconds)}</span>
        <div className={styles.bar}>
          <ProgressBar
            percent={watchedPercent}
            label={messages.lectures.bar(title)}
            valueText={messages.job.percent(String(watchedPercent))}
            tone={isAttended ? "good" : "off"}
          />
        </div>
        <p className={styles.standing}>
          <span className={isAttended ? styles.good : mayPlay ? undefined : styles.bad}>
            {words.standing(view)}
          </span>
          <span>{messages.lectures.watched(String(watchedPercent))}</span>
        </p>
        <p className={styles.rule}>{words.rule(view)}</p>
      </div>
      <Button
        look={isAttended ? "plain" : "primary"}
        disabled={!mayPlay}
        aria-label={`${title}: ${what}`}
        onClick={onPlay}
      >
        <Icon name="play" />
        {what}
      </Button>
    </article>
  );
}

/** The lectures of whoever is signed in. */
export function LecturesView({ reporter, onPlay }: LecturesViewProps): ReactNode {
  const { messages } = useFormat();
  const words = messages.lectures;
  const [list, state] = useLectures(reporter);
  const lectures = state.items.map(({ ref, title }): Lecture => ({
    videoId: ref.id,
    title: title ?? ref.id,
  }));
  useEffect(() => {
    const again = (): void => {
      if (document.visibilityState === "visible") list.reload(); // another device may have gone on meanwhile
    };
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, [list]);
  return (
    <section className={viewStyles.view} aria-labelledby="lectures-title">
      <header className={viewStyles.head}>
        <div className={viewStyles.words}>
          <h1 id="lectures-title" className={viewStyles.title}>
            {words.title}
          </h1>
          <p className={viewStyles.note}>{words.note}</p>
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
      {lectures.length > 0 && (
        <ul className={styles.list} aria-busy={state.isLoading}>
          {lectures.map((lecture, index) => (
            <li key={lecture.videoId}>
              <LectureLine
                {...lecture}
                reporter={reporter}
                onPlay={() => onPlay(lecture, lectures.slice(index + 1))}
              />
            </li>
          ))}
        </ul>
      )}
      <PagesFoot list={list} state={state} moreLabel={messages.history.more} empty={words.empty} />
    </section>
  );
}
