import { readPage } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from "react";
import { PagedList, PagesFoot, usePagedList } from "../../pages/index.ts";
import { requestProblem, useFormat } from "../../text/index.ts";
import { Button, Notice } from "../../ui/index.ts";
import { readBlocked } from "./message.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

const BLOCKED = "/api/v1/messages/blocked/";

/** Addresses that nothing is sent to, whoever is chosen: to look at, to add to, to take from. */
export function BlockedView({ onBack }: { readonly onBack: () => void }): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [address, setAddress] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const list = useMemo(
    () =>
      new PagedList<string>((cursor) => {
        const query = cursor === null ? "" : `?${new URLSearchParams({ cursor }).toString()}`;
        return client.read(BLOCKED + query, (body) => readPage(body, readBlocked));
      }),
    [client],
  );
  const state = usePagedList(list);
  useEffect(() => input.current?.focus(), []);

  const change = async (path: string, of: string): Promise<void> => {
    setIsBusy(true);
    setProblem(null);
    try {
      const headers = { "content-type": "application/json" };
      await client.request(path, { method: "POST", headers, body: JSON.stringify({ address: of }) });
      if (path === BLOCKED) setAddress("");
      list.reload();
    } catch (error) {
      setProblem(requestProblem(error, text.messages));
    } finally {
      setIsBusy(false);
      input.current?.focus();
    }
  };

  return (
    <div className={styles.form}>
      <p className={styles.hint}>{words.blockedHint}</p>
      <form
        className={styles.addRow}
        onSubmit={(event) => {
          event.preventDefault();
          void change(BLOCKED, address);
        }}
      >
        <label htmlFor={`${id}-address`}>{words.blockedAddress}</label>
        <input
          ref={input}
          id={`${id}-address`}
          value={address}
          maxLength={320}
          required
          autoComplete="off"
          onChange={({ target }) => setAddress(target.value)}
        />
        <Button look="plain" type="submit" disabled={isBusy}>
          {words.blockedAdd}
        </Button>
      </form>
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
      {state.items.length > 0 && (
        <ul className={styles.blocked}>
          {state.items.map((each) => (
            <li key={each}>
              <bdi>{each}</bdi>
              <Button
                look="quiet"
                disabled={isBusy}
                aria-label={words.blockedRemoveOf(each)}
                onClick={() => void change(`${BLOCKED}remove/`, each)}
              >
                {words.blockedRemove}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <PagesFoot list={list} state={state} moreLabel={words.more} empty={words.blockedEmpty} />
      <div className={styles.foot}>
        <Button look="primary" onClick={onBack}>
          {words.blockedBack}
        </Button>
      </div>
    </div>
  );
}
