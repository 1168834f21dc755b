import { Component, type ReactNode } from "react";
import { useText } from "../text/index.ts";
import { Button, Notice } from "../ui/index.ts";

function Crashed(): ReactNode {
  const { messages } = useText();
  return (
    <Notice tone="bad" isAlert>
      {messages.app.crashed}
      <Button look="plain" onClick={() => window.location.reload()}>
        {messages.app.reload}
      </Button>
    </Notice>
  );
}

interface Props {
  readonly children: ReactNode;
}

/** A fault while drawing leaves a sentence and a button, not an empty page; React has written it to the console. */
export class CrashScreen extends Component<Props, { readonly hasCrashed: boolean }> {
  override readonly state = { hasCrashed: false };

  static getDerivedStateFromError(): { readonly hasCrashed: boolean } {
    return { hasCrashed: true };
  }

  override render(): ReactNode {
    return this.state.hasCrashed ? <Crashed /> : this.props.children;
  }
}
