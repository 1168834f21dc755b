import { useId, useRef, type ReactNode, type RefObject } from "react";
import { useFormat } from "../../text/index.ts";
import { Button } from "../../ui/index.ts";
import { HowFields } from "./how-fields.tsx";
import { channelOf, CHOICES, type Channels, type Choice, type Draft } from "./message.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

export interface DraftFormProps {
  readonly draft: Draft;
  readonly channels: Channels;
  readonly onChange: (draft: Draft) => void;
  readonly isBusy: boolean;
  readonly onPreview: () => void;
  /** Asked for the list of addresses that nothing is sent to. */
  readonly onBlocked: () => void;
  readonly first: RefObject<HTMLSelectElement | null>;
}

/** Whom a message goes to. */
function WhoFields({
  draft,
  channels,
  onChange,
  first,
}: Pick<DraftFormProps, "draft" | "channels" | "onChange" | "first">): ReactNode {
  const words = wordsOf(useFormat());
  const id = useId();
  const { choice, who } = draft;
  const isLong = choice === "list" || choice === "student_nos";
  const isByNumber = channelOf(draft, channels) === "webhook" && draft.addressOf !== "email";
  const hints = isByNumber ? { ...words.hints, ...words.numberHints } : words.hints;
  const field = {
    id: `${id}-who`,
    value: who,
    required: true,
    "aria-label": words.choices[choice],
    "aria-describedby": `${id}-hint`,
  };
  return (
    <div className={styles.field}>
      <label htmlFor={`${id}-choice`}>{words.to}</label>
      <select
        ref={first}
        id={`${id}-choice`}
        value={choice}
        onChange={(event) => onChange({ ...draft, choice: event.target.value as Choice, who: "" })}
      >
        {CHOICES.map((each) => (
          <option key={each} value={each}>
            {words.choices[each]}
          </option>
        ))}
      </select>
      {choice !== "all" &&
        (isLong ? (
          <textarea
            {...field}
            rows={4}
            onChange={(event) => onChange({ ...draft, who: event.target.value })}
          />
        ) : (
          <input {...field} onChange={(event) => onChange({ ...draft, who: event.target.value })} />
        ))}
      <p id={`${id}-hint`} className={styles.hint}>
        {hints[choice]}
      </p>
    </div>
  );
}

/** The text of a message, and whom it goes to. */
export function DraftForm(props: DraftFormProps): ReactNode {
  const { draft, channels, onChange, isBusy, onPreview, onBlocked, first } = props;
  const words = wordsOf(useFormat());
  const id = useId();
  const text = useRef<HTMLTextAreaElement>(null);
  const insert = (placeholder: string): void => {
    const { selectionStart: from = draft.text.length, selectionEnd: to = from } = text.current ?? {};
    onChange({ ...draft, text: draft.text.slice(0, from) + placeholder + draft.text.slice(to) });
    text.current?.focus();
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onPreview();
      }}
    >
      <WhoFields {...{ draft, channels, onChange, first }} />
      <HowFields {...{ draft, channels, onChange }} />
      <div className={styles.field}>
        <label htmlFor={`${id}-subject`}>{words.subject}</label>
        <input
          id={`${id}-subject`}
          value={draft.subject}
          maxLength={200}
          required={channelOf(draft, channels) === "email"}
          onChange={(event) => onChange({ ...draft, subject: event.target.value })}
        />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-text`}>{words.text}</label>
        <textarea
          ref={text}
          id={`${id}-text`}
          rows={8}
          value={draft.text}
          maxLength={10_000}
          required
          onChange={(event) => onChange({ ...draft, text: event.target.value })}
        />
        <fieldset className={styles.placeholders} aria-label={words.insert}>
          {words.placeholders.map((placeholder) => (
            <Button key={placeholder} look="quiet" onClick={() => insert(placeholder)}>
              {placeholder}
            </Button>
          ))}
        </fieldset>
      </div>
      <div className={styles.foot}>
        <Button look="quiet" disabled={isBusy} onClick={onBlocked}>
          {words.blockedTitle}
        </Button>
        <Button look="primary" type="submit" disabled={isBusy}>
          {isBusy ? words.previewing : words.preview}
        </Button>
      </div>
    </form>
  );
}
