import { isEnded, isSuccess, type WatchedJob } from "@statusplane/client";
import { memo, useState, type ReactNode } from "react";
import { useJobCommands, useJobWords, type JobWords } from "../job/index.ts";
import { viewOf } from "../job-types/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Card, CardLine, Icon, Notice, ProgressBar } from "../ui/index.ts";
import { jobFace, type JobFace } from "./job-face.ts";
import styles from "./job-card.module.css";
import { useFilledBar } from "./use-filled-bar.ts";
import { useJobResult } from "./use-job-result.ts";

export interface JobCardProps {
  readonly job: WatchedJob;
  readonly waiting: Readonly<Record<string, string>>;
  /** How many wait before it; undefined where it does not wait, or nobody knows. */
  readonly ahead?: number | undefined;
  /** It has succeeded, and its bar is still shown on its way to the end. Default: false. */
  readonly isFilling?: boolean;
  /** The bar is at its end. */
  readonly onFilled?: (job: WatchedJob) => void;
  readonly onPlay: (videoId: string, title: string) => void;
  readonly onDismiss: (job: WatchedJob) => void;
}

interface PartsProps extends JobCardProps {
  readonly name: string;
  readonly face: JobFace;
  readonly result: unknown;
  readonly isCancelling: boolean;
  readonly jobWords: JobWords;
  readonly commands: ReturnType<typeof useJobCommands>;
}

/** What its end makes possible; null where nothing is. */
function EndActions({ job, name, commands, jobWords, onPlay }: PartsProps): ReactNode {
  const { job: words } = useFormat().messages;
  const { Actions } = viewOf(job);
  if (isSuccess(job)) return Actions && <Actions refOf={job.ref} title={name} onPlay={onPlay} />;
  if (!jobWords.mayRetry(job) || commands.isInputGone) return null;
  return (
    <Button
      look="plain"
      aria-label={words.retryOf(name)}
      disabled={commands.asked === "retry"}
      onClick={() => commands.retry()}
    >
      {words.retry}
    </Button>
  );
}

function Problem({ problem }: { readonly problem: string | null }): ReactNode {
  return (
    problem !== null && (
      <Notice tone="bad" isAlert>
        {problem}
      </Notice>
    )
  );
}

/** What is always at hand: another program's job is not ours to cancel, and what has succeeded is used at once. */
function LiveCorner(props: PartsProps): ReactNode {
  const { job, name, isCancelling, commands } = props;
  const { job: words } = useFormat().messages;
  if (!job.hasRecord) return null;
  if (isEnded(job)) return <EndActions {...props} />;
  return (
    <Button look="quiet" aria-label={words.cancelOf(name)} disabled={isCancelling} onClick={commands.cancel}>
      {words.cancel}
    </Button>
  );
}

/** A job that runs or waits, or whose bar is on its way to the end. */
function LiveCard(props: PartsProps): ReactNode {
  const { job, name, face, commands, onFilled } = props;
  const { job: words } = useFormat().messages;
  const { icon, Running } = viewOf(job);
  const isShort = face.tone === "plain" || isEnded(job); // what warns is a whole sentence
  const bar = useFilledBar(job, onFilled);
  return (
    <Card
      icon={icon}
      title={name}
      status={face.status}
      tone={face.tone}
      aside={face.aside}
      line={isShort ? face.line : []}
      corner={<LiveCorner {...props} />}
      bar={
        face.bar !== null && (
          <div ref={bar}>
            <ProgressBar label={words.bar(name)} {...face.bar} />
          </div>
        )
      }
      note={!isShort && face.line.length > 0 && face.line.map((part) => <span key={part}>{part}</span>)}
      hasMore={Running !== undefined}
    >
      {Running !== undefined && job.status === "PROCESSING" && <Running job={job} />}
      <Problem problem={commands.problem} />
    </Card>
  );
}

/** A job that has ended: one line, which opens where it has brought something to look at. */
function EndedCard(props: PartsProps): ReactNode {
  const { job, name, face, result, commands, onDismiss } = props;
  const { job: words } = useFormat().messages;
  const { icon, Result } = viewOf(job);
  const hasMore = result !== null && result !== undefined;
  const actions = !job.gone && job.hasRecord && <EndActions {...props} />;
  const isFailure = job.status === "FAILED";
  return (
    <CardLine
      icon={icon}
      title={name}
      status={face.status}
      tone={face.tone}
      line={isFailure ? [] : face.line}
      corner={
        <Button
          look="icon"
          aria-label={words.dismiss(name)}
          title={words.dismiss(name)}
          onClick={() => onDismiss(job)}
        >
          <Icon name="close" />
        </Button>
      }
      actions={!hasMore && actions}
      note={
        (isFailure || commands.problem !== null) && (
          <>
            {isFailure && face.line.map((part) => <p key={part}>{part}</p>)}
            <Problem problem={commands.problem} />
          </>
        )
      }
      more={
        hasMore ? (
          <>
            <Result result={result} />
            {actions && <div className={styles.actions}>{actions}</div>}
          </>
        ) : undefined
      }
    />
  );
}

/** One job from PENDING to its end, and what can be done about it. */
export const JobCard = memo(function JobCard(props: JobCardProps): ReactNode {
  const { job, waiting, ahead, isFilling = false } = props;
  const text = useFormat();
  const commands = useJobCommands(job.ref);
  const jobWords = useJobWords();
  const [cancelledAttempt, setCancelledAttempt] = useState<number | null>(null);
  const isCancelling = commands.asked === "cancel" && !isEnded(job) && cancelledAttempt === job.attempt;
  const result = useJobResult(job);
  const face = jobFace({ ...job, result }, { text, jobWords, waiting, isCancelling, ahead });
  const cancel = (): void => {
    setCancelledAttempt(job.attempt);
    commands.cancel();
  };
  const parts: PartsProps = {
    ...props,
    name: jobWords.name(job),
    ...{ face, result, isCancelling, jobWords },
    commands: { ...commands, cancel },
  };
  return isEnded(job) && !isFilling ? <EndedCard {...parts} /> : <LiveCard {...parts} />;
});
