// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { Profiler, type JSX, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useMovingBar } from "../../src/react/index.ts";

interface Started {
  readonly frames: readonly Keyframe[];
  readonly animation: { startTime: number; readonly cancel: ReturnType<typeof vi.fn> };
}

let started: Started[];
let renders: number;
let nowMs: number;

beforeEach(() => {
  [started, renders, nowMs] = [[], 0, 1_000];
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.spyOn(document.timeline, "currentTime", "get").mockImplementation(() => nowMs);
  HTMLElement.prototype.animate = (frames) => {
    const animation = { startTime: 0, cancel: vi.fn(), finished: Promise.resolve() };
    started.push({ frames: frames as Keyframe[], animation });
    return animation as unknown as Animation;
  };
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function Bar({
  percent,
  remainingSeconds,
}: {
  percent: number | null;
  remainingSeconds?: number;
}): JSX.Element {
  const fill = useMovingBar({ percent, remainingSeconds, isMoving: true });
  return percent === null ? <i /> : <div ref={fill} style={{ transform: `translateX(${percent - 100}%)` }} />;
}

function Counted({ children }: { children: ReactNode }): JSX.Element {
  return (
    <Profiler id="bar" onRender={() => void (renders += 1)}>
      {children}
    </Profiler>
  );
}

const running = (): readonly Started[] =>
  started.filter(({ animation }) => animation.cancel.mock.calls.length === 0);
const percentOf = (frame: Keyframe | undefined): number =>
  100 + Number(/translateX\((.+)%\)/.exec(String(frame?.["transform"]))?.[1]);

describe("a fill that moves", () => {
  it("has one way for each update, begun where the one before has led, and no render between", () => {
    const { rerender, unmount } = render(<Bar percent={40} remainingSeconds={60} />, { wrapper: Counted });
    expect(running()).toHaveLength(1);
    expect(percentOf(running()[0]?.frames[0])).toBe(40);
    expect(running()[0]?.animation.startTime).toBe(1_000);
    const before = renders;
    nowMs = 3_000;
    rerender(<Bar percent={42} remainingSeconds={58} />);
    expect(renders - before).toBe(1);
    expect(running()).toHaveLength(1);
    expect(percentOf(running()[0]?.frames[0])).toBeGreaterThan(41);
    expect(percentOf(running()[0]?.frames[0])).toBeLessThan(43);
    unmount();
    expect(running()).toEqual([]);
  });

  it("is full only at the end of its way", () => {
    const { rerender } = render(<Bar percent={40} />);
    rerender(<Bar percent={100} />);
    expect(running()[0]?.frames.map(percentOf)).toEqual([40, 97, 100]);
  });

  it("shows the plain percent to who asked for less motion", () => {
    const { rerender, container } = render(<Bar percent={40} />);
    vi.stubGlobal("matchMedia", () => ({ matches: true }));
    rerender(<Bar percent={55} />);
    expect(running()).toEqual([]);
    expect(container.querySelector("div")?.style.transform).toBe("translateX(-45%)");
  });

  it("begins anew after a time in which nothing was known", () => {
    const { rerender } = render(<Bar percent={40} />);
    rerender(<Bar percent={null} />);
    expect(running()).toEqual([]);
    rerender(<Bar percent={70} />);
    expect(percentOf(running()[0]?.frames[0])).toBe(70);
  });
});
