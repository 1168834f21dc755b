import { useClient } from "@statusplane/client/react";
import {
  policyPath,
  readPolicyAnswer,
  type AudienceBody,
  type PolicyAnswer,
} from "@statusplane/client/views";
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { requestProblem, useFormat } from "../text/index.ts";
import { Button, Dialog, Notice } from "../ui/index.ts";
import { fieldsOf, policyOf, type PolicyFields } from "./policy-form.ts";
import styles from "./policy-dialog.module.css";

export interface PolicyDialogProps {
  /** Null: what holds where a lecture has no rules of its own. */
  readonly videoId: string | null;
  readonly title: string;
  readonly onClose: () => void;
}

const SPEEDS = ["1", "1.25", "1.5", "2", "3", "4"];
const AUDIENCES: readonly AudienceBody["kind"][] = ["all", "groups", "viewers"];
/** A person who types is not asked for at each key. */
const ASK_AFTER_MS = 400;

/** Whom a change of the percentage would decide anew; null: not known, or nothing changes. */
function useAffected(videoId: string | null, percent: string, kept: string): PolicyAnswer["affected"] {
  const client = useClient();
  const [asked, setAsked] = useState<{ of: string; affected: PolicyAnswer["affected"] } | null>(null);
  const isAsked = percent !== kept && Number(percent) >= 1 && Number(percent) <= 100;
  useEffect(() => {
    if (!isAsked) return;
    let isWanted = true;
    const timer = setTimeout(() => {
      client.read(policyPath(videoId, "", Number(percent)), readPolicyAnswer).then(
        ({ affected }) => isWanted && setAsked({ of: percent, affected }),
        () => isWanted && setAsked(null), // the count is advice; saving says what is wrong
      );
    }, ASK_AFTER_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [client, videoId, percent, isAsked]);
  return isAsked && asked?.of === percent ? asked.affected : null;
}

interface FieldsProps {
  readonly fields: PolicyFields;
  readonly onChange: (change: Partial<PolicyFields>) => void;
}

function Counting({ fields, onChange }: FieldsProps): ReactNode {
  const words = useFormat().messages.viewing.policy;
  const speeds = SPEEDS.includes(fields.maxSpeed) ? SPEEDS : [...SPEEDS, fields.maxSpeed];
  return (
    <>
      <label className={styles.field}>
        {words.attendedPercent}
        <input
          type="number"
          min={1}
          max={100}
          required
          value={fields.attendedPercent}
          onChange={(event) => onChange({ attendedPercent: event.target.value })}
        />
      </label>
      <label className={styles.field}>
        {words.maxSpeed}
        <select value={fields.maxSpeed} onChange={(event) => onChange({ maxSpeed: event.target.value })}>
          {speeds.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <label className={styles.field}>
        {words.places}
        <input
          type="number"
          min={1}
          max={10}
          required
          value={fields.places}
          onChange={(event) => onChange({ places: event.target.value })}
        />
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={fields.seekAhead}
          onChange={(event) => onChange({ seekAhead: event.target.checked })}
        />
        {words.seekAhead}
      </label>
      <label className={styles.field}>
        {words.deadline}
        <input
          type="datetime-local"
          value={fields.deadline}
          onChange={(event) => onChange({ deadline: event.target.value })}
        />
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={fields.isClosed}
          disabled={fields.deadline === ""}
          onChange={(event) => onChange({ isClosed: event.target.checked })}
        />
        {words.closed}
      </label>
    </>
  );
}

function Audience({ fields, onChange }: FieldsProps): ReactNode {
  const words = useFormat().messages.viewing.policy;
  const id = useId();
  const names = { all: words.everybody, groups: words.groups, viewers: words.viewers };
  return (
    <fieldset className={styles.audience}>
      <legend>{words.audience}</legend>
      {AUDIENCES.map((kind) => (
        <label key={kind} className={styles.check}>
          <input
            type="radio"
            name={`${id}-audience`}
            checked={fields.audience === kind}
            onChange={() => onChange({ audience: kind })}
          />
          {names[kind]}
        </label>
      ))}
      {fields.audience !== "all" && (
        <label className={styles.names}>
          {words.names}
          <input value={fields.names} onChange={(event) => onChange({ names: event.target.value })} />
        </label>
      )}
    </fieldset>
  );
}

interface FormProps extends PolicyDialogProps {
  readonly answer: PolicyAnswer;
}

function PolicyForm({ videoId, answer, onClose }: FormProps): ReactNode {
  const client = useClient();
  const { messages, count } = useFormat();
  const words = messages.viewing.policy;
  const { decision } = answer;
  const [fields, setFields] = useState(() => fieldsOf(answer.policy));
  const [isSaving, setIsSaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const affected = useAffected(videoId, fields.attendedPercent, String(answer.policy.attended_percent));

  const send = async (init: { readonly method: string; readonly body?: string }): Promise<void> => {
    setIsSaving(true);
    setProblem(null);
    try {
      const headers = init.body === undefined ? {} : { "Content-Type": "application/json" };
      await client.request(policyPath(videoId), { ...init, headers });
      onClose();
    } catch (error) {
      setProblem(requestProblem(error, messages));
      setIsSaving(false);
    }
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    void send({ method: "PUT", body: JSON.stringify(policyOf(fields)) });
  };
  const change = (part: Partial<PolicyFields>): void => setFields((before) => ({ ...before, ...part }));

  return (
    <form className={styles.form} onSubmit={save}>
      {videoId !== null && answer.isInherited && <p className={styles.note}>{words.inherited}</p>}
      {decision !== null && (!decision.isDone || decision.decided > 0) && (
        <p className={styles.note}>
          {(decision.isDone ? words.decided : words.deciding)(count(decision.decided))}
        </p>
      )}
      <Counting fields={fields} onChange={change} />
      <Audience fields={fields} onChange={change} />
      {affected !== null && (
        <Notice tone="warn">{words.affected(count(affected.wouldAttend), count(affected.views))}</Notice>
      )}
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
      <div className={styles.actions}>
        <Button type="submit" look="primary" disabled={isSaving}>
          {words.save}
        </Button>
        {videoId !== null && !answer.isInherited && (
          <Button look="plain" disabled={isSaving} onClick={() => void send({ method: "DELETE" })}>
            {words.reset}
          </Button>
        )}
      </div>
    </form>
  );
}

/** The rules of watching a lecture, or those of all. */
export function PolicyDialog(props: PolicyDialogProps): ReactNode {
  const { videoId, title, onClose } = props;
  const client = useClient();
  const { messages } = useFormat();
  const body = useRef<HTMLDivElement>(null);
  const [answer, setAnswer] = useState<PolicyAnswer | null>(null);
  const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null);
  useEffect(() => {
    let isWanted = true;
    client.read(policyPath(videoId), readPolicyAnswer).then(
      (known) => isWanted && setAnswer(known),
      (error: unknown) => isWanted && setFailure({ error }),
    );
    return () => {
      isWanted = false;
    };
  }, [client, videoId]);
  return (
    <Dialog title={title} closeLabel={messages.app.close} onClose={onClose} focusFirst={body}>
      <div ref={body} tabIndex={-1} className={styles.body}>
        {failure !== null && <Notice tone="bad">{requestProblem(failure.error, messages)}</Notice>}
        {answer === null && failure === null && <p className={styles.note}>{messages.app.loading}</p>}
        {answer !== null && <PolicyForm {...props} answer={answer} />}
      </div>
    </Dialog>
  );
}
