import { StatusplaneProvider } from "@statusplane/client/react";
import type { ReactNode } from "react";
import { useObservable } from "../browser/index.ts";
import { signedState, signOut, SignInScreen } from "../session/index.ts";
import { useText } from "../text/index.ts";
import { Announcer } from "../ui/index.ts";
import styles from "./app.module.css";
import { CrashScreen } from "./crash-screen.tsx";
import { Header } from "./header.tsx";
import { SignedInPage } from "./signed-in-page.tsx";
import { ViewerPage } from "./viewer-page.tsx";

/** The whole page. */
export function App(): ReactNode {
  const state = useObservable(signedState);
  const { messages } = useText();
  return (
    <CrashScreen>
      <Announcer>
        <a
          className={styles.skip}
          href="#content"
          onClick={(event) => {
            event.preventDefault(); // the address's fragment names the view
            document.getElementById("content")?.focus();
          }}
        >
          {messages.app.skipToContent}
        </a>
        {state.signedIn ? (
          <StatusplaneProvider client={state.client}>
            {state.reporter === null ? (
              <SignedInPage key={state.session.token} session={state.session} onSignOut={signOut} />
            ) : (
              <ViewerPage
                key={state.session.token}
                session={state.session}
                reporter={state.reporter}
                onSignOut={signOut}
              />
            )}
          </StatusplaneProvider>
        ) : (
          <>
            <Header signedIn={null} views={null} />
            <SignInScreen hasExpired={state.hasExpired} />
          </>
        )}
      </Announcer>
    </CrashScreen>
  );
}
