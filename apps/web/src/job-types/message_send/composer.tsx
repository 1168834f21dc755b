import { useClient } from "@statusplane/client/react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { requestProblem, useFormat } from "../../text/index.ts";
import { Dialog, Notice } from "../../ui/index.ts";
import { BlockedView } from "./blocked-view.tsx";
import { DraftForm } from "./draft-form.tsx";
import {
  EMAIL_ALONE,
  EMPTY_DRAFT,
  payloadOf,
  readChannels,
  readPreview,
  titleOf,
  type Channels,
  type Draft,
  type Preview,
} from "./message.ts";
import styles from "./message-send.module.css";
import { PreviewView } from "./preview-view.tsx";
import { wordsOf } from "./words.ts";

const PREVIEW = "/api/v1/messages/preview/";
const CHANNELS = "/api/v1/messages/channels/";

/** Writes a message, shows what it would be, and sends it: what is sent is what was shown. */
export default function Composer({ onClose }: { readonly onClose: () => void }): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const first = useRef<HTMLSelectElement>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [channels, setChannels] = useState<Channels>(EMAIL_ALONE);
  const [isAtBlocked, setIsAtBlocked] = useState(false);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    client.read(CHANNELS, readChannels).then(setChannels, () => undefined); // it stays at e-mail; the preview says what is wrong
  }, [client]);

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
      const body = JSON.stringify(payloadOf(draft, channels));
      const response = await client.request(PREVIEW, { method: "POST", headers, body });
      setPreview(readPreview(await response.json()));
    });
  const send = ({ confirm, count }: Preview): Promise<void> =>
    busily(async () => {
      const payload = { ...payloadOf(draft, channels), confirm };
      const title = titleOf(draft, words.titleFor(text.count(count)));
      await client.submitJob("message_send", { title, payload });
      onClose();
    });

  return (
    <Dialog
      title={isAtBlocked ? words.blockedTitle : words.title}
      closeLabel={text.messages.app.close}
      onClose={onClose}
      focusFirst={first}
    >
      <div className={styles.composer}>
        {problem !== null && (
          <Notice tone="bad" isAlert>
            {problem}
          </Notice>
        )}
        {isAtBlocked && <BlockedView onBack={() => setIsAtBlocked(false)} />}
        {!isAtBlocked && preview === null && (
          <DraftForm
            {...{ draft, channels, isBusy, first }}
            onChange={setDraft}
            onPreview={() => void look()}
            onBlocked={() => {
              setProblem(null);
              setIsAtBlocked(true);
            }}
          />
        )}
        {!isAtBlocked && preview !== null && (
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
