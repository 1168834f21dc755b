import { ClientError } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import type { RefusalReason, View, ViewReporter } from "@statusplane/client/views";
import { useEffect, useId, useRef, useState, type ReactNode, type RefObject } from "react";
import { refusalReason, useKnownView } from "../lectures/index.ts";
import { requestProblem, useText, type Messages } from "../text/index.ts";
import { Button, Dialog, Notice } from "../ui/index.ts";
import { AUTO, type Quality } from "./engine.ts";
import { openEngine } from "./open-engine.ts";
import { holdToLimits, type Limit } from "./play-limits.ts";
import styles from "./player-dialog.module.css";
import { SeenBar } from "./seen-bar.tsx";
import { VideoPlayer, type PlayerState } from "./video-player.ts";

/** A lecture to play after this one. */
export interface NextLecture {
  readonly title: string;
  readonly onPlay: () => void;
}

export interface PlayerDialogProps {
  readonly videoId: string;
  readonly title: string;
  readonly onClose: () => void;
  /** Of whom what is watched counts; null: of nobody, as for a teacher who looks at a lecture. */
  readonly reporter: ViewReporter | null;
  /** Null: there is none. */
  readonly next: NextLecture | null;
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

/** What the dialog knows of its player. */
interface Playing {
  readonly player: RefObject<VideoPlayer | null>;
  readonly state: PlayerState;
  readonly refusal: RefusalReason | null;
  readonly limit: Limit | null;
  readonly again: () => void;
}

/** Plays in an element while it is mounted: from where the person was, reported, and held to the policy. */
function usePlaying(
  element: RefObject<HTMLVideoElement | null>,
  { videoId, reporter }: Pick<PlayerDialogProps, "videoId" | "reporter">,
): Playing {
  const client = useClient();
  const player = useRef<VideoPlayer | null>(null);
  const [state, setState] = useState<PlayerState>({ phase: "preparing" });
  const [refusal, setRefusal] = useState<RefusalReason | null>(null);
  const [limit, setLimit] = useState<Limit | null>(null);

  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    let grant: string | null = null;
    let view: View | null = null;
    const ask = async () => {
      view ??= (await reporter?.load(videoId).catch(() => null)) ?? null; // without it a lecture plays from its start
      const playback = await client.playback(videoId);
      grant = playback.viewGrant ?? null;
      return playback;
    };
    const opened = new VideoPlayer({
      ...{ video, ask, openEngine, onChange: setState },
      startSeconds: () => view?.nextSeconds ?? 0,
      now: () => Date.now(),
    });
    player.current = opened;
    const stopReports = reporter?.watch(video, { videoId, grant: () => grant, onRefused: setRefusal });
    const known = (): View | undefined => reporter?.get(videoId);
    const letGo = reporter === null ? null : holdToLimits({ video, view: known, onLimit: setLimit });
    const goOn = (): void => setRefusal(null);
    video.addEventListener("play", goOn);
    opened.start();
    return () => {
      stopReports?.(); // first: what was watched until now is read from the element
      letGo?.();
      video.removeEventListener("play", goOn);
      opened.close();
    };
  }, [client, element, reporter, videoId]);

  const again = (): void => {
    setState({ phase: "preparing" });
    setRefusal(null);
    player.current?.start();
  };
  return { player, state, refusal, limit, again };
}

/** Why it does not play: the server's word for it where there is one. */
function failure(error: unknown, messages: Messages): string {
  if (error === null) return messages.player.failed;
  const reason = error instanceof ClientError ? refusalReason(error) : null;
  return reason === null ? requestProblem(error, messages) : messages.lectures.refusals[reason];
}

/** Plays a video over the page. Loaded when the first one is played. */
export default function PlayerDialog(props: PlayerDialogProps): ReactNode {
  const { videoId, title, onClose, reporter, next } = props;
  const { messages } = useText();
  const element = useRef<HTMLVideoElement>(null);
  const { player, state, refusal, limit, again } = usePlaying(element, { videoId, reporter });
  const view = useKnownView(reporter, videoId);

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
      {view !== undefined && <SeenBar view={view} />}
      <div className={styles.foot}>
        {state.phase === "unsupported" && <Notice tone="bad">{messages.player.unsupported}</Notice>}
        {state.phase === "failed" && (
          <Notice tone="bad" isAlert>
            {failure(state.error, messages)}
            <Button look="plain" onClick={again}>
              {messages.app.tryAgain}
            </Button>
          </Notice>
        )}
        {refusal !== null && (
          <Notice tone="warn" isAlert>
            {messages.lectures.refusals[refusal]}
          </Notice>
        )}
        {limit !== null && view !== undefined && (
          <Notice tone="plain" isAlert>
            {limit === "speed"
              ? messages.player.tooFast(String(view.policy.max_speed))
              : messages.player.notAhead}
          </Notice>
        )}
        <div className={styles.actions}>
          {next !== null && (
            <Button look="plain" onClick={next.onPlay}>
              {messages.player.next(next.title)}
            </Button>
          )}
          {state.phase === "playing" && state.qualities.length > 1 && (
            <QualityMenu qualities={state.qualities} onChoose={(index) => player.current?.choose(index)} />
          )}
        </div>
      </div>
    </Dialog>
  );
}
