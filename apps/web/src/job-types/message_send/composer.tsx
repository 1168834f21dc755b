import { useClient } from "@statusplane/client/react";
import { useRef, useState, type ReactNode } from "react";
import { requestProblem, useFormat } from "../../text/index.ts";
import { Dialog, Notice } from "../../ui/index.ts";
import { DraftForm } from "./draft-form.tsx";
import { EMPTY_DRAFT, payloadOf, readPreview, type Draft, type Preview } from "./message.ts";
import styles from "./message-send.module.css";
import { PreviewView } from "./preview-view.tsx";
import { wordsOf } from "./words.ts";

const PREVIEW = "/api/v1/messages/preview/";
const TITLE_MAX = 200;

/** Writes a message, shows what it would be, and sends it: what is sent is what was shown. */
export default function Composer({ onClose }: { readonly onClose: () => void }): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const first = useRef<HTMLSelectElement>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const busily = async (work: () => Promise<void>): Promise<void> => {
    setIsBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setPreview(null); // what was shown may not be so any more
      setProblem(requestProblem(error, text.messages));
    } finally {
      setIsBusy(false);
    }
  };
  const look = (): Promise<void> =>
    busily(async () => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(payloadOf(draft));
      const response = await client.request(PREVIEW, { method: "POST", headers, body });
      setPreview(readPreview(await response.json()));
    });
  const send = ({ confirm }: Preview): Promise<void> =>
    busily(async () => {
      const title = draft.subject.slice(0, TITLE_MAX);
      await client.submitJob("message_send", { title, payload: { ...payloadOf(draft), confirm } });
      onClose();
    });

  return (
    <Dialog title={words.title} closeLabel={text.messages.app.close} onClose={onClose} focusFirst={first}>
      <div className={styles.composer}>
        {problem !== null && (
          <Notice tone="bad" isAlert>
            {problem}
          </Notice>
        )}
        {preview === null ? (
          <DraftForm
            draft={draft}
            onChange={setDraft}
            isBusy={isBusy}
            onPreview={() => void look()}
            first={first}
          />
        ) : (
          <PreviewView
            preview={preview}
            isBusy={isBusy}
            onBack={() => setPreview(null)}
            onSend={() => void send(preview)}
          />
        )}
      </div>
    </Dialog>
  );
}
