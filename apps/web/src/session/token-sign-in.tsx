import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useText, type Messages } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";
import { signIn, type Session } from "./session.ts";
import { readTokenClaims } from "./token-claims.ts";
import styles from "./sign-in-screen.module.css";

type Problem = "tokenInvalid" | "tokenExpired" | "tokenNoTenant";

function readToken(text: string): Session | Problem {
  const token = text.trim().replace(/^Bearer\s+/i, "");
  const claims = readTokenClaims(token);
  if (claims === null) return "tokenInvalid";
  if (claims.tenant === null) return "tokenNoTenant";
  if (claims.expiresAtMs !== null && claims.expiresAtMs <= Date.now()) return "tokenExpired";
  return { token, tenant: claims.tenant, name: null, role: claims.role, isDemo: false };
}

const sentence = (problem: Problem, messages: Messages): string => messages.signIn[problem];

/** A form that takes a pasted token. @param isOnlyWay there is no demo: then this is the one thing to do. */
export function TokenSignIn({ isOnlyWay }: { readonly isOnlyWay: boolean }): ReactNode {
  const { messages } = useText();
  const id = useId();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readToken(text);
    if (typeof read === "string") setProblem(read);
    else signIn(read);
  };

  return (
    <form className={styles.card} onSubmit={submit} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} className={styles.cardTitle}>
        {messages.signIn.tokenTitle}
      </h2>
      <p className={styles.note} id={`${id}-note`}>
        {messages.signIn.tokenNote}
      </p>
      <label className={styles.label} htmlFor={id}>
        {messages.signIn.tokenLabel}
      </label>
      <textarea
        id={id}
        className={styles.token}
        rows={3}
        autoComplete="off"
        spellCheck={false}
        value={text}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? `${id}-note` : `${id}-problem`}
        onChange={(event) => setText(event.target.value)}
      />
      {problem !== null && (
        <Notice tone="bad" id={`${id}-problem`}>
          {sentence(problem, messages)}
        </Notice>
      )}
      <Button type="submit" look={isOnlyWay ? "primary" : "plain"} disabled={text.trim() === ""}>
        {messages.signIn.tokenSubmit}
      </Button>
    </form>
  );
}
