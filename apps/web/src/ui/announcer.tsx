import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from "react";
import { VisuallyHidden } from "./visually-hidden.tsx";

/** What ends within this span is said in one breath, so that ten ends are not ten interruptions. */
const GATHER_MS = 1_000;

const Announce = createContext<(sentence: string) => void>(() => undefined);

/** Gathers sentences and says them politely, all of a second at once. */
export function Announcer({ children }: { readonly children: ReactNode }): ReactNode {
  const [said, setSaid] = useState("");
  const waiting = useRef<string[]>([]);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const announce = useCallback((sentence: string) => {
    waiting.current.push(sentence);
    timer.current ??= window.setTimeout(() => {
      timer.current = undefined;
      setSaid(waiting.current.splice(0).join(" "));
    }, GATHER_MS);
  }, []);
  return (
    <Announce value={announce}>
      {children}
      <VisuallyHidden>
        <output aria-live="polite">{said}</output>
      </VisuallyHidden>
    </Announce>
  );
}

/** The call that has a sentence read out. */
export function useAnnounce(): (sentence: string) => void {
  return useContext(Announce);
}
