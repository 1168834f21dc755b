import { useId, type ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import { ADDRESSES_OF, channelOf, type AddressOf, type Channels, type Draft } from "./message.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

export interface HowFieldsProps {
  readonly draft: Draft;
  readonly channels: Channels;
  readonly onChange: (draft: Draft) => void;
}

/** How a message goes out, where there is more than one way. */
export function HowFields({ draft, channels, onChange }: HowFieldsProps): ReactNode {
  const words = wordsOf(useFormat());
  const id = useId();
  const { webhookHosts } = channels;
  if (webhookHosts.length === 0) return null;
  const channel = channelOf(draft, channels);
  return (
    <>
      {channels.hasEmail && (
        <div className={styles.field}>
          <label htmlFor={`${id}-channel`}>{words.how}</label>
          <select
            id={`${id}-channel`}
            value={channel}
            onChange={({ target }) =>
              onChange({ ...draft, channel: target.value === "webhook" ? "webhook" : "email" })
            }
          >
            <option value="email">{words.channels.email}</option>
            <option value="webhook">{words.channels.webhook}</option>
          </select>
        </div>
      )}
      {channel === "webhook" && (
        <>
          <div className={styles.field}>
            <label htmlFor={`${id}-url`}>{words.webhookUrl}</label>
            <input
              id={`${id}-url`}
              type="url"
              pattern="https://.+"
              placeholder={`https://${webhookHosts[0]}/`}
              value={draft.webhookUrl}
              maxLength={2_000}
              required
              aria-describedby={`${id}-hosts`}
              onChange={({ target }) => onChange({ ...draft, webhookUrl: target.value })}
            />
            <p id={`${id}-hosts`} className={styles.hint}>
              {words.webhookHosts(webhookHosts.join(", "))}
            </p>
          </div>
          <div className={styles.field}>
            <label htmlFor={`${id}-address`}>{words.addressOf}</label>
            <select
              id={`${id}-address`}
              value={draft.addressOf}
              onChange={({ target }) => onChange({ ...draft, addressOf: target.value as AddressOf })} // one of the options
            >
              {ADDRESSES_OF.map((each) => (
                <option key={each} value={each}>
                  {words.addresses[each]}
                </option>
              ))}
            </select>
          </div>
        </>
      )}
    </>
  );
}
