import { useState, type ReactNode } from "react";
import { useFileDrop } from "../browser/index.ts";
import { unreachable, useText } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";
import { DemoSignIn } from "./demo-sign-in.tsx";
import styles from "./sign-in-screen.module.css";
import { TokenSignIn } from "./token-sign-in.tsx";
import { useDemoTenants } from "./use-demo-tenants.ts";

/** What people see before they are signed in: demo academies where there are any, else a place for a token. */
export function SignInScreen({ hasExpired }: { readonly hasExpired: boolean }): ReactNode {
  const { messages } = useText();
  const [demo, askAgain] = useDemoTenants();
  const [hasDropped, setHasDropped] = useState(false);
  useFileDrop(() => setHasDropped(true));
  const hasDemo = demo.phase === "known" && demo.tenants.length > 0;
  return (
    <main id="content" className={styles.screen}>
      <h1 className={styles.title}>{messages.signIn.title}</h1>
      {hasExpired && (
        <Notice tone="warn" isAlert>
          {messages.signIn.ended}
        </Notice>
      )}
      {hasDropped && (
        <Notice tone="warn" isAlert>
          {messages.signIn.dropped}
        </Notice>
      )}
      {demo.phase === "unreachable" && (
        <Notice tone="bad" isAlert>
          {unreachable(messages)}
          <Button look="plain" onClick={askAgain}>
            {messages.app.tryAgain}
          </Button>
        </Notice>
      )}
      {hasDemo && <DemoSignIn tenants={demo.tenants} />}
      {hasDemo && (
        <details className={styles.other}>
          <summary>{messages.signIn.tokenTitle}</summary>
          <TokenSignIn isOnlyWay={false} />
        </details>
      )}
      {!hasDemo && demo.phase !== "asking" && <TokenSignIn isOnlyWay />}
    </main>
  );
}
