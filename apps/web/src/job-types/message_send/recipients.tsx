import { readPage } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { PagedList, PagesFoot, usePagedList } from "../../pages/index.ts";
import { lookUp, useFormat } from "../../text/index.ts";
import { Dialog, ScrollRegion } from "../../ui/index.ts";
import { readRecipient, type Recipient } from "./message.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

const SHOWN = ["failed", "uncertain", "skipped", "sent"] as const;

function Rows({ recipients }: { readonly recipients: readonly Recipient[] }): ReactNode {
  const words = wordsOf(useFormat());
  const { columns } = words;
  return (
    <ScrollRegion label={words.showRecipients}>
      <table className={styles.rows}>
        <thead>
          <tr>
            {[columns.who, columns.address, columns.status, columns.reason].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {recipients.map(({ position, who, address, status, reason, detail, wasSentAgain }) => (
            <tr key={position}>
              <td>
                <bdi>{who}</bdi>
              </td>
              <td>
                <bdi>{address}</bdi>
              </td>
              <td>{lookUp(words.statuses, status) ?? status}</td>
              <td title={detail}>
                {[lookUp(words.reasons, reason) ?? reason, wasSentAgain ? words.wasAgain : ""]
                  .filter((part) => part !== "")
                  .join(" · ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** What became of each recipient, page by page. */
export default function Recipients({
  jobId,
  onClose,
}: {
  readonly jobId: string;
  readonly onClose: () => void;
}): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const first = useRef<HTMLSelectElement>(null);
  const [status, setStatus] = useState("");
  const list = useMemo(
    () =>
      new PagedList<Recipient>((cursor) => {
        const query = new URLSearchParams({
          ...(status === "" ? {} : { status }),
          ...(cursor === null ? {} : { cursor }),
        });
        const path = `/api/v1/messages/${jobId}/recipients/?${query.toString()}`;
        return client.read(path, (body) => readPage(body, readRecipient));
      }),
    [client, jobId, status],
  );
  const state = usePagedList(list);
  return (
    <Dialog
      title={words.showRecipients}
      closeLabel={text.messages.app.close}
      onClose={onClose}
      focusFirst={first}
    >
      <div className={styles.composer}>
        <select
          ref={first}
          aria-label={words.columns.status}
          value={status}
          onChange={(event) => setStatus(event.target.value)}
        >
          <option value="">{words.all}</option>
          {SHOWN.map((each) => (
            <option key={each} value={each}>
              {words.statuses[each]}
            </option>
          ))}
        </select>
        {state.items.length > 0 && <Rows recipients={state.items} />}
        <PagesFoot list={list} state={state} moreLabel={words.more} empty={words.empty} />
      </div>
    </Dialog>
  );
}
