import { isEnded, type JobTypeInfo, type WatchedJob, type WatchRef } from "@statusplane/client";
import { useJobTypes } from "@statusplane/client/react";
import { memo, useState, type ReactNode } from "react";
import {
  ImportResultView,
  jobIcon,
  jobTypeOf,
  mayRetry,
  readImportCounts,
  readImportResult,
  untitled,
  useJobCommands,
} from "../job/index.ts";
import { useFormat, type Messages, type TextAndFormat } from "../text/index.ts";
import { Button, Card, Icon, Notice, ProgressBar } from "../ui/index.ts";
import styles from "./job-card.module.css";
import { jobFace } from "./job-face.ts";
import { useJobResult } from "./use-job-result.ts";

export interface JobCardProps {
  readonly job: WatchedJob;
  readonly title: string | null;
  readonly waiting: Readonly<Record<string, string>>;
  readonly onPlay: (videoId: string, title: string) => void;
  readonly onShowStudents: () => void;
  readonly onDismiss: (ref: WatchRef) => void;
}

/** The counts of an import that runs; constant height, so the list below stays where it is. */
function CountsSoFar({ job, text }: { readonly job: WatchedJob; readonly text: TextAndFormat }): ReactNode {
  if (jobTypeOf(job) !== "excel_import" || job.status !== "PROCESSING") return null;
  const { messages, count } = text;
  const counts = readImportCounts(job.partialResult);
  const names = ["inserted", "updated", "unchanged", "rejected"] as const;
  return (
    <p className={styles.soFar}>
      {counts !== null &&
        [
          messages.counts.soFar,
          names.map((name) => `${messages.counts[name]} ${count(counts[name])}`).join(" · "),
        ].join(" ")}
    </p>
  );
}

interface ActionsProps extends JobCardProps {
  readonly name: string;
  readonly isCancelling: boolean;
  readonly jobTypes: readonly JobTypeInfo[];
  readonly commands: ReturnType<typeof useJobCommands>;
}

/** Cancel while it lives, take off the list afterwards; another program's job is not ours to cancel. */
function Corner({ job, name, isCancelling, commands, onDismiss }: ActionsProps): ReactNode {
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
function endActions(
  { job, name, commands, jobTypes, onPlay, onShowStudents }: ActionsProps,
  words: Messages["job"],
): ReactNode {
  if (job.gone || !job.hasRecord) return null;
  if (job.status === "READY") {
    return (
      <Button look="primary" aria-label={words.playOf(name)} onClick={() => onPlay(job.ref.id, name)}>
        <Icon name="play" />
        {words.play}
      </Button>
    );
  }
  if (job.status === "DONE" && jobTypeOf(job) === "excel_import") {
    return (
      <Button look="plain" onClick={onShowStudents}>
        {words.showStudents}
      </Button>
    );
  }
  if (!mayRetry(job, jobTypes) || commands.isInputGone) return null;
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
  const jobTypes = useJobTypes();
  const [cancelledAttempt, setCancelledAttempt] = useState<number | null>(null);
  const name = title ?? untitled(job.ref, job.jobType ?? jobTypeOf(job), text);
  const isCancelling = commands.asked === "cancel" && !isEnded(job) && cancelledAttempt === job.attempt;
  const jobResult = useJobResult(job);
  const face = jobFace({ ...job, result: jobResult }, { text, waiting, isCancelling });
  const result = readImportResult(jobResult);
  const cancel = (): void => {
    setCancelledAttempt(job.attempt);
    commands.cancel();
  };
  const parts: ActionsProps = { ...props, name, isCancelling, jobTypes, commands: { ...commands, cancel } };
  return (
    <Card
      icon={jobIcon(jobTypeOf(job))}
      title={name}
      status={face.status}
      tone={face.tone}
      aside={face.aside}
      corner={<Corner {...parts} />}
      actions={endActions(parts, text.messages.job)}
      bar={face.bar === null ? null : <ProgressBar label={text.messages.job.bar(name)} {...face.bar} />}
      line={face.line.map((part, index) => (
        <span key={index}>{part}</span>
      ))}
    >
      <CountsSoFar job={job} text={text} />
      {isEnded(job) && result !== null && <ImportResultView result={result} />}
      {commands.problem !== null && (
        <Notice tone="bad" isAlert>
          {commands.problem}
        </Notice>
      )}
    </Card>
  );
});
