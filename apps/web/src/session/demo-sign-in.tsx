import { signInToDemo, type DemoTenantBody } from "@statusplane/client";
import { useState, type ReactNode } from "react";
import { lookUp, unreachable, useText } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";
import { signIn } from "./session.ts";
import styles from "./sign-in-screen.module.css";

interface ViewersProps {
  readonly tenants: readonly DemoTenantBody[];
  readonly isEntering: boolean;
  readonly onEnter: (tenant: string, viewer: string) => void;
}

/** The students that one may look around as. */
function Viewers({ tenants, isEntering, onEnter }: ViewersProps): ReactNode {
  const { messages } = useText();
  const viewers = tenants.flatMap(({ tenant, viewers: all }) => all.map((each) => ({ tenant, ...each })));
  if (viewers.length === 0) return null;
  return (
    <>
      <p className={styles.note}>{messages.signIn.viewersNote}</p>
      <div className={styles.tenants}>
        {viewers.map(({ tenant, viewer, name }) => (
          <Button
            key={`${tenant}.${viewer}`}
            look="plain"
            disabled={isEntering}
            onClick={() => onEnter(tenant, viewer)}
          >
            {messages.signIn.enterAs(lookUp(messages.signIn.demoNames, name) ?? name)}
          </Button>
        ))}
      </div>
    </>
  );
}

/** One button per demo academy, and one per student there. */
export function DemoSignIn({ tenants }: { readonly tenants: readonly DemoTenantBody[] }): ReactNode {
  const { messages, language } = useText();
  const [entering, setEntering] = useState<string | null>(null);
  const [hasFailed, setHasFailed] = useState(false);

  const enter = async (tenant: string, viewer?: string): Promise<void> => {
    setEntering(tenant);
    setHasFailed(false);
    try {
      const { token, name } = await signInToDemo(tenant, {
        language,
        ...(viewer === undefined ? {} : { viewer }),
      });
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
      <Viewers tenants={tenants} isEntering={entering !== null} onEnter={(...who) => void enter(...who)} />
      {hasFailed && <Notice tone="bad">{unreachable(messages)}</Notice>}
    </section>
  );
}
