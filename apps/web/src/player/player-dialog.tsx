import { useClient } from "@statusplane/client/react";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { requestProblem, useText } from "../text/index.ts";
import { Button, Dialog, Notice } from "../ui/index.ts";
import { AUTO, type Quality } from "./engine.ts";
import { openEngine } from "./open-engine.ts";
import styles from "./player-dialog.module.css";
import { VideoPlayer, type PlayerState } from "./video-player.ts";

export interface PlayerDialogProps {
  readonly videoId: string;
  readonly title: string;
  readonly onClose: () => void;
}

function QualityMenu({
  qualities,
  onChoose,
}: {
  readonly qualities: readonly Quality[];
  readonly onChoose: (index: number) => void;
}): ReactNode {
  const { messages } = useText();
  const id = useId();
  return (
    <div className={styles.quality}>
      <label htmlFor={id}>{messages.player.quality}</label>
      <select id={id} defaultValue={AUTO} onChange={(event) => onChoose(Number(event.target.value))}>
        <option value={AUTO}>{messages.player.auto}</option>
        {qualities.map(({ index, name }) => (
          <option key={index} value={index}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Plays a video over the page. Loaded when the first one is played. */
export default function PlayerDialog({ videoId, title, onClose }: PlayerDialogProps): ReactNode {
  const client = useClient();
  const { messages } = useText();
  const element = useRef<HTMLVideoElement>(null);
  const player = useRef<VideoPlayer | null>(null);
  const [state, setState] = useState<PlayerState>({ phase: "preparing" });

  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    const opened = new VideoPlayer({
      video,
      ask: () => client.playback(videoId),
      now: () => Date.now(),
      openEngine,
      onChange: setState,
    });
    player.current = opened;
    opened.start();
    return () => opened.close();
  }, [client, videoId]);

  const again = (): void => {
    setState({ phase: "preparing" });
    player.current?.start();
  };

  return (
    <Dialog title={title} closeLabel={messages.app.close} onClose={onClose} focusFirst={element}>
      <div className={styles.stage}>
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- an uploaded lecture has no captions to offer */}
        <video
          ref={element}
          className={styles.video}
          controls
          playsInline
          aria-label={messages.player.title(title)}
        />
        {state.phase === "preparing" && <p className={styles.over}>{messages.player.preparing}</p>}
      </div>
      <div className={styles.foot}>
        {state.phase === "unsupported" && <Notice tone="bad">{messages.player.unsupported}</Notice>}
        {state.phase === "failed" && (
          <Notice tone="bad" isAlert>
            {state.error === null ? messages.player.failed : requestProblem(state.error, messages)}
            <Button look="plain" onClick={again}>
              {messages.app.tryAgain}
            </Button>
          </Notice>
        )}
        {state.phase === "playing" && state.qualities.length > 1 && (
          <QualityMenu qualities={state.qualities} onChoose={(index) => player.current?.choose(index)} />
        )}
      </div>
    </Dialog>
  );
}
