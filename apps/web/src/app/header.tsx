import type { ReactNode } from "react";
import { hashOfView, useTheme, VIEWS, type View } from "../browser/index.ts";
import { lookUp, setLanguage, useFormat } from "../text/index.ts";
import { Button, Icon, VisuallyHidden, type IconName } from "../ui/index.ts";
import type { Session } from "../session/index.ts";
import styles from "./header.module.css";

function Brand(): ReactNode {
  return (
    <span className={styles.brand}>
      <svg className={styles.mark} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M8.5 10h15M8.5 16h9M8.5 22h3" />
      </svg>
      Statusplane
    </span>
  );
}

/** Language and theme: for everybody, signed in or not. */
function Switches(): ReactNode {
  const { language, messages } = useFormat();
  const [theme, swapTheme] = useTheme();
  const themeLabel = theme === "dark" ? messages.app.toLight : messages.app.toDark;
  const other = language === "ko" ? "en" : "ko";
  return (
    <>
      <Button look="quiet" lang={other} onClick={() => setLanguage(other)}>
        {messages.switchLanguage}
      </Button>
      <Button look="icon" aria-label={themeLabel} title={themeLabel} onClick={swapTheme}>
        <Icon name={theme === "dark" ? "sun" : "moon"} />
      </Button>
    </>
  );
}

const ICONS: Readonly<Record<View, IconName>> = {
  work: "upload",
  history: "clock",
  students: "people",
  viewing: "chart",
};

/** The way between the views. @param running how many jobs run, told beside the view that shows them. */
function Views({ view, running }: { readonly view: View; readonly running: number }): ReactNode {
  const { messages, count } = useFormat();
  return (
    <nav className={styles.views} aria-label={messages.app.views}>
      {VIEWS.map((name) => (
        <a
          key={name}
          href={hashOfView(name)}
          className={styles.view}
          aria-current={view === name ? "page" : undefined}
        >
          <Icon name={ICONS[name]} />
          {messages.app[name]}
          {name === "work" && running > 0 && (
            <>
              <span className={styles.running} aria-hidden="true">
                {running}
              </span>
              <VisuallyHidden>{messages.app.running(count(running))}</VisuallyHidden>
            </>
          )}
        </a>
      ))}
    </nav>
  );
}

export interface HeaderProps {
  /** Null: nobody is signed in. */
  readonly signedIn: { readonly session: Session; readonly onSignOut: () => void } | null;
  /** Null: there is but one. */
  readonly views: { readonly view: View; readonly running: number } | null;
}

export function Header({ signedIn, views }: HeaderProps): ReactNode {
  const { messages } = useFormat();
  return (
    <header className={styles.header}>
      <div className={styles.inside}>
        <Brand />
        {signedIn !== null && (
          <p className={styles.who}>
            <span className={styles.name}>
              {lookUp(messages.signIn.demoNames, signedIn.session.name) ??
                signedIn.session.name ??
                messages.app.tenant(signedIn.session.tenant)}
            </span>
            {signedIn.session.isDemo && <span className={styles.badge}>{messages.app.demo}</span>}
            {signedIn.session.role === "operator" && (
              <span className={styles.badge}>{messages.app.operator}</span>
            )}
          </p>
        )}
        <div className={styles.switches}>
          <Switches />
          {signedIn !== null && (
            <Button
              look="icon"
              aria-label={messages.app.signOut}
              title={messages.app.signOut}
              onClick={signedIn.onSignOut}
            >
              <Icon name="leave" />
            </Button>
          )}
        </div>
        {views !== null && <Views {...views} />}
      </div>
    </header>
  );
}
