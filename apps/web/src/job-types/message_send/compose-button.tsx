import { lazy, Suspense, useState, type ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import { Button, Icon } from "../../ui/index.ts";
import { wordsOf } from "./words.ts";

const Composer = lazy(() => import("./composer.tsx"));

/** Opens a dialog to write a message in. */
export function ComposeButton(): ReactNode {
  const words = wordsOf(useFormat());
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="quiet" onClick={() => setIsOpen(true)}>
        <Icon name="mail" />
        {words.compose}
      </Button>
      {isOpen && (
        <Suspense>
          <Composer onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
