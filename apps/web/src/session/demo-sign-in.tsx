import { signInToDemo, type DemoTenantBody } from "@statusplane/client";
import { useState, type ReactNode } from "react";
import { lookUp, unreachable, useText } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";
import { signIn } from "./session.ts";
import styles from "./sign-in-screen.module.css";

/** One button per demo academy. */
export function DemoSignIn({ tenants }: { readonly tenants: readonly DemoTenantBody[] }): ReactNode {
  const { messages, language } = useText();
  const [entering, setEntering] = useState<string | null>(null);
  const [hasFailed, setHasFailed] = useState(false);

  const enter = async (tenant: string): Promise<void> => {
    setEntering(tenant);
    setHasFailed(false);
    try {
      const { token, name } = await signInToDemo(tenant, { language });
      signIn({ token, tenant, name, role: null, isDemo: true });
    } catch {
      // said on the screen; the same button tries again
      setHasFailed(true);
      setEntering(null);
    }
  };

  return (
    <section className={styles.card} aria-labelledby="demo-title">
      <h2 id="demo-title" className={styles.cardTitle}>
        {messages.signIn.demoTitle}
        <span className={styles.badge}>{messages.app.demo}</span>
      </h2>
      <p className={styles.note}>{messages.signIn.demoNote}</p>
      <div className={styles.tenants}>
        {tenants.map(({ tenant, name }) => (
          <Button key={tenant} look="primary" disabled={entering !== null} onClick={() => void enter(tenant)}>
            {messages.signIn.enter(lookUp(messages.signIn.demoNames, name) ?? name)}
          </Button>
        ))}
      </div>
      {hasFailed && <Notice tone="bad">{unreachable(messages)}</Notice>}
    </section>
  );
}
