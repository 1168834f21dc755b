import { isSuccess, type WatchedJob, type WatchRef } from "@statusplane/client";
import { lazy, Suspense, useCallback, useState, type ReactNode } from "react";
import { goTo, useFileDrop, useView, type View } from "../browser/index.ts";
import { HistoryView } from "../history/index.ts";
import { JobTitles, useJobWords } from "../job/index.ts";
import { viewOf } from "../job-types/index.ts";
import { LiveList, TrackedJobs, useEnds, useLiveJobs, type LiveJobs } from "../live/index.ts";
import type { Session } from "../session/index.ts";
import { SampleButton, StudentsView } from "../students/index.ts";
import { useFormat } from "../text/index.ts";
import { Notice, useAnnounce, VisuallyHidden } from "../ui/index.ts";
import { DropZone, UploadCard, useUploads } from "../upload/index.ts";
import { Header } from "./header.tsx";
import styles from "./signed-in-page.module.css";

const PlayerDialog = lazy(() => import("../player/player-dialog.tsx"));

interface Playing {
  readonly videoId: string;
  readonly title: string;
}

export interface SignedInPageProps {
  readonly session: Session;
  readonly onSignOut: () => void;
}

/** How many successes this page has seen that change what a view shows. */
type Changes = Readonly<Partial<Record<View, number>>>;

/** Says each end aloud. @returns what has changed by them. */
function useSpokenEnds(jobs: readonly WatchedJob[], titles: JobTitles): Changes {
  const text = useFormat();
  const jobWords = useJobWords();
  const announce = useAnnounce();
  const [changes, setChanges] = useState<Changes>({});
  useEnds(jobs, (job) => {
    const view = viewOf(job);
    const name = job.title ?? titles.get(job.ref) ?? jobWords.untitled(job);
    const ended =
      job.gone || job.status === "UNKNOWN" ? text.messages.job.gone : text.messages.job.statuses[job.status];
    const status = (isSuccess(job) ? view.outcome?.(job.result, text)?.status : null) ?? ended;
    announce(text.messages.live.ended(name, status));
    const changed = view.changes;
    if (isSuccess(job) && changed !== undefined)
      setChanges((before) => ({ ...before, [changed]: (before[changed] ?? 0) + 1 }));
  });
  return changes;
}

const isRunning = ({ status, gone }: WatchedJob): boolean =>
  !gone && (status === "PENDING" || status === "PROCESSING");

function ConnectionBanner({ live }: { readonly live: LiveJobs }): ReactNode {
  const { messages } = useFormat();
  if (!live.isCutOff) return null;
  return (
    <Notice tone="warn" isAlert>
      <span>
        <strong>{messages.app.connectionLost}</strong> {messages.app.connectionLostMore}
      </span>
    </Notice>
  );
}

/** The page of one tenant. Uploads and watching go on whichever view is shown. */
export function SignedInPage({ session, onSignOut }: SignedInPageProps): ReactNode {
  const view = useView();
  const { messages } = useFormat();
  const [titles] = useState(() => new JobTitles(session.tenant));
  const [tracked] = useState(() => new TrackedJobs());
  const [playing, setPlaying] = useState<Playing | null>(null);
  const live = useLiveJobs(tracked);
  const { refresh } = live;
  const changes = useSpokenEnds(live.jobs, titles);

  const take = useCallback(
    (ref: WatchRef, title: string) => {
      titles.remember(ref, title);
      tracked.add(ref);
      refresh(); // tells whether a worker can run it, at no statement
    },
    [titles, tracked, refresh],
  );
  const [uploads, queue] = useUploads(take);
  const play = useCallback((videoId: string, title: string) => setPlaying({ videoId, title }), []);
  const addFiles = (files: readonly File[]): void => {
    queue.add(files);
    setPlaying(null); // whatever was over it: the person sees what becomes of the files
    goTo("work");
  };
  const isOver = useFileDrop(addFiles);

  return (
    <>
      <Header
        signedIn={{
          session,
          view,
          running: live.jobs.filter(isRunning).length + live.more,
          onSignOut: () => {
            titles.forgetAll();
            onSignOut();
          },
        }}
      />
      <main id="content" className={styles.page} tabIndex={-1}>
        <ConnectionBanner live={live} />
        {view === "work" && (
          <div className={styles.work}>
            <VisuallyHidden>
              <h1>{messages.app.work}</h1>
            </VisuallyHidden>
            <DropZone onFiles={addFiles} isOver={isOver}>
              <SampleButton />
            </DropZone>
            <LiveList
              live={live}
              tracked={tracked}
              titles={titles}
              onPlay={play}
              uploads={uploads.map((upload) => (
                <li key={upload.key} data-upload={upload.state.phase}>
                  <UploadCard upload={upload} queue={queue} />
                </li>
              ))}
            />
          </div>
        )}
        {view === "history" && (
          <HistoryView
            titles={titles}
            onPlay={play}
            onRetried={(ref, title) => {
              take(ref, title);
              goTo("work");
            }}
          />
        )}
        {view === "students" && <StudentsView imports={changes.students ?? 0} />}
      </main>
      {isOver && view !== "work" && <p className={styles.dropNow}>{messages.upload.dropNow}</p>}
      {playing !== null && (
        <Suspense>
          <PlayerDialog {...playing} onClose={() => setPlaying(null)} />
        </Suspense>
      )}
    </>
  );
}
