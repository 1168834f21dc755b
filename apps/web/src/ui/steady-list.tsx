import {
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from "react";
import { Slides } from "./slides.ts";
import styles from "./steady-list.module.css";

const REDUCED_MOTION = "(prefers-reduced-motion: reduce)";

export interface SteadyListProps {
  /** Another text whenever a child may have another place or height. */
  readonly layout: string;
  /** Each with a key of its own that it keeps, wherever it stands. */
  readonly children: ReactNode;
}

/**
 * A column whose children nobody loses sight of: one that gets another place slides there by transform, and the keyboard
 * stays where it was, in the child that moved or whose button is gone. No movement for whoever asked for less of it.
 */
export function SteadyList({ layout, children }: SteadyListProps): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  useSlides(list, layout);
  useKeptFocus(list, layout);
  return (
    <div ref={list} className={styles.list}>
      {children}
    </div>
  );
}

/** Where each child stands, in px from the list's top, whatever slides. */
function placesOf(list: HTMLElement | null): ReadonlyMap<HTMLElement, number> {
  const children = [...(list?.children ?? [])].filter((child) => child instanceof HTMLElement);
  return new Map(children.map((child) => [child, child.offsetTop]));
}

/** Calls after each change of the layout, before it is painted. */
function useRelaid(layout: string, onRelaid: () => void): void {
  const told = useRef<string | null>(null);
  const tell = useEffectEvent(onRelaid);
  useLayoutEffect(() => {
    if (told.current === layout) return;
    told.current = layout;
    tell();
  }, [layout]);
}

function useSlides(list: RefObject<HTMLDivElement | null>, layout: string): void {
  const places = useRef<ReadonlyMap<HTMLElement, number>>(new Map());
  const [slides] = useState(() => new Slides());
  useRelaid(layout, () => {
    const before = places.current;
    places.current = placesOf(list.current);
    if (window.matchMedia(REDUCED_MOTION).matches) return;
    for (const [child, top] of places.current) slides.add(child, (before.get(child) ?? top) - top);
  });
  useEffect(() => {
    // What a person opens and a turned phone move things, too: not to be made up for at the next change.
    const watcher = new ResizeObserver(() => {
      places.current = placesOf(list.current);
    });
    if (list.current !== null) watcher.observe(list.current);
    return () => {
      watcher.disconnect();
      slides.close();
    };
  }, [list, slides]);
}

/** React itself takes the focus along with what moves; where the focused button is gone, its card's next one has it. */
function useKeptFocus(list: RefObject<HTMLDivElement | null>, layout: string): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const note = ({ target }: Event): void => {
      const children = [...(list.current?.children ?? [])];
      last.current = children.find((child) => target instanceof Node && child.contains(target)) ?? null;
    };
    const forget = (): void => {
      last.current = null; // whoever clicks beside it has left it
    };
    document.addEventListener("focusin", note);
    document.addEventListener("pointerdown", forget);
    return () => {
      document.removeEventListener("focusin", note);
      document.removeEventListener("pointerdown", forget);
    };
  }, [list]);
  useRelaid(layout, () => {
    if ((document.activeElement ?? document.body) !== document.body || last.current?.isConnected !== true)
      return;
    last.current.querySelector<HTMLElement>("button:not([disabled])")?.focus({ preventScroll: true });
  });
}
