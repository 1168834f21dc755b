import type { ViewReporter } from "@statusplane/client/views";
import { lazy, Suspense, useCallback, useState, type ReactNode } from "react";
import { LecturesView, type Lecture } from "../lectures/index.ts";
import type { Session } from "../session/index.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Header } from "./header.tsx";
import styles from "./signed-in-page.module.css";

const PlayerDialog = lazy(() => import("../player/player-dialog.tsx"));

export interface ViewerPageProps {
  readonly session: Session;
  readonly reporter: ViewReporter;
  readonly onSignOut: () => void;
}

interface Playing {
  readonly lecture: Lecture;
  readonly following: readonly Lecture[];
}

/** The page of somebody who watches and manages nothing. */
export function ViewerPage({ session, reporter, onSignOut }: ViewerPageProps): ReactNode {
  const [playing, setPlaying] = useState<Playing | null>(null);
  const play = useCallback(
    (lecture: Lecture, following: readonly Lecture[]) => setPlaying({ lecture, following }),
    [],
  );
  const [next, ...others] = playing?.following ?? [];
  return (
    <>
      <Header signedIn={{ session, onSignOut }} views={null} />
      <main id="content" className={styles.page} tabIndex={-1}>
        <ConnectionBanner />
        <LecturesView reporter={reporter} onPlay={play} />
      </main>
      {playing !== null && (
        <Suspense>
          <PlayerDialog
            key={playing.lecture.videoId}
            {...playing.lecture}
            reporter={reporter}
            next={next === undefined ? null : { title: next.title, onPlay: () => play(next, others) }}
            onClose={() => setPlaying(null)}
          />
        </Suspense>
      )}
    </>
  );
}
