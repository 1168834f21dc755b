import type { ButtonHTMLAttributes, ReactNode } from "react";
import styles from "./button.module.css";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className"> {
  /** primary: the one thing to do; plain: what else can be done; quiet: in passing; icon: a picture alone, with an aria-label. */
  readonly look: "primary" | "plain" | "quiet" | "icon";
}

export function Button({ look, type = "button", ...rest }: ButtonProps): ReactNode {
  return <button {...rest} type={type} className={`${styles.button} ${styles[look]}`} />;
}
