import { useClient } from "@statusplane/client/react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { requestProblem, useFormat } from "../../text/index.ts";
import { Dialog, Notice } from "../../ui/index.ts";
import { readMails, type KeptMail } from "./message.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

const SENT = "/api/v1/messages/sent/";

/** The mail of a message that the embedded mode kept instead of delivering it. */
export default function KeptMails({
  jobId,
  onClose,
}: {
  readonly jobId: string;
  readonly onClose: () => void;
}): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const first = useRef<HTMLDivElement>(null);
  const [mails, setMails] = useState<readonly KeptMail[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    client.read(SENT, readMails).then(
      (all) => setMails(all.filter((mail) => mail.jobId === jobId)),
      (error: unknown) => setProblem(error),
    );
  }, [client, jobId]);
  return (
    <Dialog title={words.mailTitle} closeLabel={text.messages.app.close} onClose={onClose} focusFirst={first}>
      <div className={styles.composer} ref={first} tabIndex={-1}>
        {problem !== null && (
          <Notice tone="bad" isAlert>
            {requestProblem(problem, text.messages)}
          </Notice>
        )}
        {mails?.length === 0 && <p>{words.noMail}</p>}
        {mails?.map((mail) => (
          <article key={mail.id} className={styles.mail}>
            <p className={styles.hint}>
              <bdi>{mail.to}</bdi>
            </p>
            <h3>
              <bdi>{mail.subject}</bdi>
            </h3>
            <p className={styles.body} dir="auto">
              {mail.text}
            </p>
          </article>
        ))}
      </div>
    </Dialog>
  );
}
