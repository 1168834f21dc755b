import { useConnectionStatus } from "@statusplane/client/react";
import type { ReactNode } from "react";
import { useFormat } from "../text/index.ts";
import { Notice } from "../ui/index.ts";
import styles from "./connection-banner.module.css";

/** Said while the server does not answer; not while one way of hearing from it takes another's place. */
export function ConnectionBanner(): ReactNode {
  const { messages } = useFormat();
  if (useConnectionStatus() !== "offline") return null;
  return (
    <div className={styles.cutOff}>
      <Notice tone="warn" isAlert>
        <span>
          <strong>{messages.app.connectionLost}</strong> {messages.app.connectionLostMore}
        </span>
      </Notice>
    </div>
  );
}
