import { isEnded, isSuccess, type WatchedJob, type WatchRef } from "@statusplane/client";
import { memo, useState, type ReactNode } from "react";
import { useJobCommands, useJobWords, type JobWords } from "../job/index.ts";
import { viewOf } from "../job-types/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Card, Icon, Notice, ProgressBar } from "../ui/index.ts";
import { jobFace } from "./job-face.ts";
import { useJobResult } from "./use-job-result.ts";

export interface JobCardProps {
  readonly job: WatchedJob;
  readonly title: string | null;
  readonly waiting: Readonly<Record<string, string>>;
  readonly onPlay: (videoId: string, title: string) => void;
  readonly onDismiss: (ref: WatchRef) => void;
}

interface PartsProps extends JobCardProps {
  readonly name: string;
  readonly isCancelling: boolean;
  readonly jobWords: JobWords;
  readonly commands: ReturnType<typeof useJobCommands>;
}

/** Cancel while it lives, take off the list afterwards; another program's job is not ours to cancel. */
function Corner({ job, name, isCancelling, commands, onDismiss }: PartsProps): ReactNode {
  const { job: words } = useFormat().messages;
  if (!isEnded(job) && !job.hasRecord) return null;
  return isEnded(job) ? (
    <Button
      look="icon"
      aria-label={words.dismiss(name)}
      title={words.dismiss(name)}
      onClick={() => onDismiss(job.ref)}
    >
      <Icon name="close" />
    </Button>
  ) : (
    <Button look="quiet" aria-label={words.cancelOf(name)} disabled={isCancelling} onClick={commands.cancel}>
      {words.cancel}
    </Button>
  );
}

/** What its end makes possible; null where nothing is. */
function EndActions({ job, name, commands, jobWords, onPlay }: PartsProps): ReactNode {
  const { job: words } = useFormat().messages;
  if (job.gone || !job.hasRecord) return null;
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

/** One job from PENDING to its end, and what can be done about it. */
export const JobCard = memo(function JobCard(props: JobCardProps): ReactNode {
  const { job, title, waiting } = props;
  const text = useFormat();
  const commands = useJobCommands(job.ref);
  const jobWords = useJobWords();
  const [cancelledAttempt, setCancelledAttempt] = useState<number | null>(null);
  const { icon, Running, Result } = viewOf(job);
  const name = title ?? jobWords.untitled(job);
  const isCancelling = commands.asked === "cancel" && !isEnded(job) && cancelledAttempt === job.attempt;
  const jobResult = useJobResult(job);
  const face = jobFace({ ...job, result: jobResult }, { text, jobWords, waiting, isCancelling });
  const cancel = (): void => {
    setCancelledAttempt(job.attempt);
    commands.cancel();
  };
  const parts: PartsProps = { ...props, name, isCancelling, jobWords, commands: { ...commands, cancel } };
  return (
    <Card
      icon={icon}
      title={name}
      status={face.status}
      tone={face.tone}
      aside={face.aside}
      corner={<Corner {...parts} />}
      actions={isEnded(job) && <EndActions {...parts} />}
      bar={face.bar === null ? null : <ProgressBar label={text.messages.job.bar(name)} {...face.bar} />}
      line={face.line.map((part, index) => (
        <span key={index}>{part}</span>
      ))}
    >
      {Running !== undefined && job.status === "PROCESSING" && <Running job={job} />}
      {isEnded(job) && <Result result={jobResult} />}
      {commands.problem !== null && (
        <Notice tone="bad" isAlert>
          {commands.problem}
        </Notice>
      )}
    </Card>
  );
});
