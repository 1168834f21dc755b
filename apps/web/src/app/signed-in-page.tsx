import { isSuccess, type WatchedJob } from "@statusplane/client";
import { lazy, Suspense, useCallback, useEffect, useState, type ReactNode } from "react";
import { goTo, useFileDrop, useView, type View } from "../browser/index.ts";
import { HistoryView } from "../history/index.ts";
import { useJobWords } from "../job/index.ts";
import { JOB_TYPE_VIEWS, viewOf } from "../job-types/index.ts";
import { HiddenJobs, LiveList, OwnJobs, useEnds, useTray, type TrayUpload } from "../live/index.ts";
import type { Session } from "../session/index.ts";
import { SampleButton, StudentsView } from "../students/index.ts";
import { useFormat } from "../text/index.ts";
import { useAnnounce, VisuallyHidden } from "../ui/index.ts";
import {
  DropZone,
  UploadCard,
  useUploads,
  type SubmittedUpload,
  type Upload,
  type UploadQueue,
} from "../upload/index.ts";
import { ViewingView } from "../viewing/index.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Header } from "./header.tsx";
import styles from "./signed-in-page.module.css";

const PlayerDialog = lazy(() => import("../player/player-dialog.tsx"));

const TAB_TITLE = "Statusplane";

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
function useSpokenEnds(jobs: readonly WatchedJob[]): Changes {
  const text = useFormat();
  const jobWords = useJobWords();
  const announce = useAnnounce();
  const [changes, setChanges] = useState<Changes>({});
  useEnds(jobs, (job) => {
    const view = viewOf(job);
    const name = jobWords.name(job);
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

function trayUploads(uploads: readonly Upload[], queue: UploadQueue): readonly TrayUpload[] {
  return uploads.map((upload) => {
    const { phase } = upload.state;
    const isMoving = phase === "waiting" || phase === "sending";
    return { key: upload.key, phase, isMoving, card: <UploadCard upload={upload} queue={queue} /> };
  });
}

const isRunning = ({ status, gone }: WatchedJob): boolean =>
  !gone && (status === "PENDING" || status === "PROCESSING");

/** The tab's name tells from afar how many jobs run. */
function useTabTitle(running: number): void {
  useEffect(() => {
    document.title = running === 0 ? TAB_TITLE : `(${running}) ${TAB_TITLE}`;
    return () => {
      document.title = TAB_TITLE;
    };
  }, [running]);
}

/** The page of who manages a tenant. Uploads and watching go on whichever view is shown. */
export function SignedInPage({ session, onSignOut }: SignedInPageProps): ReactNode {
  const view = useView();
  const { messages } = useFormat();
  const [own] = useState(() => new OwnJobs());
  const [hidden] = useState(() => new HiddenJobs(session.tenant));
  const [playing, setPlaying] = useState<Playing | null>(null);
  const take = useCallback((submitted: SubmittedUpload) => own.add(submitted), [own]);
  useEffect(() => () => own.close(), [own]);
  const [uploads, queue] = useUploads(take);
  const tray = useTray({ uploads: trayUploads(uploads, queue), own, hidden });
  const changes = useSpokenEnds(tray.jobs);
  const running = tray.jobs.filter(isRunning).length + tray.more;
  useTabTitle(running);
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
          onSignOut: () => {
            hidden.forgetAll();
            onSignOut();
          },
        }}
        views={{ view, running }}
      />
      <main id="content" className={styles.page} tabIndex={-1}>
        <ConnectionBanner />
        {view === "work" && (
          <div className={styles.work}>
            <VisuallyHidden>
              <h1>{messages.app.work}</h1>
            </VisuallyHidden>
            <DropZone onFiles={addFiles} isOver={isOver}>
              <SampleButton />
              {JOB_TYPE_VIEWS.map(({ type, Begin }) => Begin && <Begin key={type} />)}
            </DropZone>
            <LiveList tray={tray} hidden={hidden} onPlay={play} />
          </div>
        )}
        {view === "history" && <HistoryView onPlay={play} onRetried={() => goTo("work")} />}
        {view === "viewing" && <ViewingView />}
        {view === "students" && <StudentsView imports={changes.students ?? 0} />}
      </main>
      {isOver && view !== "work" && <p className={styles.dropNow}>{messages.upload.dropNow}</p>}
      {playing !== null && (
        <Suspense>
          <PlayerDialog {...playing} reporter={null} next={null} onClose={() => setPlaying(null)} />
        </Suspense>
      )}
    </>
  );
}
