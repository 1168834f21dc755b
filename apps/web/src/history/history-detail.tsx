import type { DetailedJob, RecordedJob, WatchRef } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useEffect, useState, type ReactNode } from "react";
import { useJobCommands, useJobWords } from "../job/index.ts";
import { viewOf } from "../job-types/index.ts";
import { requestProblem, useFormat, type TextAndFormat } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";
import styles from "./history-item.module.css";

export interface HistoryDetailProps {
  readonly refOf: WatchRef;
  readonly title: string;
  readonly onPlay: (videoId: string, title: string) => void;
  readonly onRetried: () => void;
}

type Asked =
  | { readonly phase: "asking" }
  | { readonly phase: "known"; readonly record: DetailedJob }
  | { readonly phase: "failed"; readonly error: unknown };

/** Asks the detail once for each time it is opened. */
function useDetail({ kind, id }: WatchRef): Asked {
  const client = useClient();
  const [asked, setAsked] = useState<Asked>({ phase: "asking" });
  useEffect(() => {
    let isWanted = true;
    client.detail({ kind, id }).then(
      (record) => isWanted && setAsked({ phase: "known", record }),
      (error: unknown) => isWanted && setAsked({ phase: "failed", error }),
    );
    return () => {
      isWanted = false;
    };
  }, [client, kind, id]);
  return asked;
}

function facts(record: RecordedJob, text: TextAndFormat): readonly (readonly [string, string])[] {
  const { messages, moment } = text;
  const words = messages.history;
  const all: readonly (readonly [string, string | null])[] = [
    [words.created, record.createdAt && moment(record.createdAt)],
    [words.started, record.startedAt && moment(record.startedAt)],
    [words.finished, record.finishedAt && moment(record.finishedAt)],
    ...(viewOf(record).facts?.(record, text) ?? []),
    [words.tries, words.triesOf(String(record.tries), String(record.maxTries))],
    [words.attempt, String(record.attempt)],
    [words.createdBy, record.createdBy],
    [words.id, record.ref.id],
  ];
  return all.filter((fact): fact is readonly [string, string] => fact[1] !== null && fact[1] !== "");
}

/** What the record says, and what can be done about it. */
export function HistoryDetail({ refOf, title, onPlay, onRetried }: HistoryDetailProps): ReactNode {
  const text = useFormat();
  const { messages } = text;
  const asked = useDetail(refOf);
  const commands = useJobCommands(refOf);
  const jobWords = useJobWords();
  if (asked.phase === "asking") return <p className={styles.detail}>{messages.app.loading}</p>;
  if (asked.phase === "failed") {
    return (
      <div className={styles.detail}>
        <Notice tone="bad">{requestProblem(asked.error, messages)}</Notice>
      </div>
    );
  }
  const { record } = asked;
  const { Actions, Result } = viewOf(record);
  const hasSucceeded = record.status === "READY" || record.status === "DONE";
  const canRetry = jobWords.mayRetry(record) && !commands.isInputGone;
  return (
    <div className={styles.detail}>
      {record.status === "FAILED" && <Notice tone="bad">{jobWords.failure(record)}</Notice>}
      <dl className={styles.facts}>
        {facts(record, text).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Result result={record.result} />
      {commands.problem !== null && (
        <Notice tone="bad" isAlert>
          {commands.problem}
        </Notice>
      )}
      <div className={styles.actions}>
        {Actions !== undefined && hasSucceeded && (
          <Actions refOf={record.ref} title={title} onPlay={onPlay} />
        )}
        {canRetry && (
          <Button
            look="plain"
            aria-label={messages.job.retryOf(title)}
            disabled={commands.asked !== null}
            onClick={() => commands.retry(onRetried)}
          >
            {messages.job.retry}
          </Button>
        )}
      </div>
    </div>
  );
}
