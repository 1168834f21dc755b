import type { ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import { Button, Icon } from "../../ui/index.ts";
import type { ActionsProps } from "../job-type-view.ts";
import { wordsOf } from "./words.ts";

export function PlayButton({ refOf, title, onPlay }: ActionsProps): ReactNode {
  const words = wordsOf(useFormat());
  return (
    <Button look="primary" aria-label={words.playOf(title)} onClick={() => onPlay(refOf.id, title)}>
      <Icon name="play" />
      {words.play}
    </Button>
  );
}
