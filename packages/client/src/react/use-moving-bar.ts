"use client";

import { useEffect, useRef, type RefObject } from "react";
import type { BarUpdate } from "../bar/bar-motion.ts";
import { MovingBar, slideIn, type PaintBar } from "../bar/moving-bar.ts";

/**
 * Lets the fill of a progress bar move between updates towards where its job is. Renders nothing: the element moves by an
 * animation of the browser's, and not at all for people who asked for less motion.
 * @param update percent null: nothing is known, and the fill may be gone.
 * @param paint how it looks at so many percent; must not change. Default: slides in by `transform`.
 * @returns the ref of the fill, whose own style should be that of the plain percent.
 */
export function useMovingBar<Fill extends HTMLElement = HTMLDivElement>(
  { percent, remainingSeconds, isMoving }: Omit<BarUpdate, "percent"> & { readonly percent: number | null },
  paint: PaintBar = slideIn,
): RefObject<Fill | null> {
  const fill = useRef<Fill>(null);
  const bar = useRef<{ readonly of: Fill; readonly moving: MovingBar } | null>(null);
  useEffect(() => {
    const element = fill.current;
    if (bar.current?.of !== element) {
      bar.current?.moving.stop();
      bar.current = element === null ? null : { of: element, moving: new MovingBar(element, paint) };
    }
    if (percent === null) bar.current?.moving.stop();
    else bar.current?.moving.show({ percent, remainingSeconds, isMoving });
  }, [percent, remainingSeconds, isMoving, paint]);
  useEffect(
    () => () => {
      bar.current?.moving.stop();
      bar.current = null;
    },
    [],
  );
  return fill;
}
