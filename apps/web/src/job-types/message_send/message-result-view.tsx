import { useClient } from "@statusplane/client/react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { DownloadButton } from "../../download/index.ts";
import { requestProblem, useFormat } from "../../text/index.ts";
import { Button, Notice } from "../../ui/index.ts";
import { readPreview } from "./message.ts";
import { COUNTED, OUTCOME_TONES, readMessageResult, type MessageResult } from "./message-result.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

const Recipients = lazy(() => import("./recipients.tsx"));
const KeptMails = lazy(() => import("./kept-mails.tsx"));

const PREVIEW = "/api/v1/messages/preview/";

/** Four numbers, side by side. */
function Counts({ counts }: Pick<MessageResult, "counts">): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  return (
    <dl className={styles.counts}>
      {COUNTED.map((name) => (
        <div key={name} data-bad={(name === "failed" || name === "uncertain") && counts[name] > 0}>
          <dt>{words.counts[name]}</dt>
          <dd>{text.count(counts[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

interface AgainProps {
  readonly jobId: string;
  readonly status: "failed" | "uncertain";
  readonly count: number;
  readonly onProblem: (problem: string | null) => void;
}

/** Sends the message once more to those who did not, or may not, have got it: a job of its own. */
function SendAgain({ jobId, status, count, onProblem }: AgainProps): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const [phase, setPhase] = useState<"ready" | "busy" | "done">("ready");
  const send = async (): Promise<void> => {
    setPhase("busy");
    onProblem(null);
    try {
      const body = { recipients: { again: { job_id: jobId, status } } };
      const headers = { "content-type": "application/json" };
      const response = await client.request(PREVIEW, { method: "POST", headers, body: JSON.stringify(body) });
      const confirm = readPreview(await response.json())?.confirm;
      await client.submitJob("message_send", {
        title: words.again[status](text.count(count)),
        payload: { ...body, confirm },
      });
      setPhase("done");
    } catch (error) {
      onProblem(requestProblem(error, text.messages));
      setPhase("ready");
    }
  };
  if (phase === "done") return <p className={styles.hint}>{words.sentAgain}</p>;
  return (
    <Button look="plain" disabled={phase === "busy"} onClick={() => void send()}>
      {words.again[status](text.count(count))}
    </Button>
  );
}

/** What a message has done: how it ended, the counts, what became of each, and what can be sent again. */
export function MessageResultView({ result: value }: { readonly result: unknown }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const [problem, setProblem] = useState<string | null>(null);
  const [shown, setShown] = useState<"recipients" | "mail" | null>(null);
  const result = readMessageResult(value);
  if (result === null) return null;
  const { counts, outcome, jobId, undelivered } = result;
  return (
    <div className={styles.result}>
      {outcome === null ? (
        <Notice tone="warn">{words.stopped}</Notice>
      ) : (
        <Notice tone={OUTCOME_TONES[outcome]}>{words.outcomeMore[outcome]}</Notice>
      )}
      <Counts counts={counts} />
      {undelivered && <p className={styles.hint}>{words.undelivered}</p>}
      {counts.uncertain > 0 && <p className={styles.hint}>{words.uncertainMore}</p>}
      {jobId !== null && (
        <div className={styles.actions}>
          {(["failed", "uncertain"] as const).map(
            (status) =>
              counts[status] > 0 && (
                <SendAgain
                  key={status}
                  {...{ jobId, status, count: counts[status] }}
                  onProblem={setProblem}
                />
              ),
          )}
          <Button look="plain" onClick={() => setShown("recipients")}>
            {words.showRecipients}
          </Button>
          {undelivered && (
            <Button look="plain" onClick={() => setShown("mail")}>
              {words.showMail}
            </Button>
          )}
          <DownloadButton
            path={`/api/v1/messages/${jobId}/recipients.xlsx`}
            fileName="recipients.xlsx"
            onProblem={setProblem}
          >
            {words.download}
          </DownloadButton>
        </div>
      )}
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
      <Suspense>
        {shown === "recipients" && jobId !== null && (
          <Recipients jobId={jobId} onClose={() => setShown(null)} />
        )}
        {shown === "mail" && jobId !== null && <KeptMails jobId={jobId} onClose={() => setShown(null)} />}
      </Suspense>
    </div>
  );
}
