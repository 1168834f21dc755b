// @vitest-environment happy-dom
/// <reference types="vite/client" />
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer, ProgressBar, SteadyList, useAnnounce } from "../src/ui/index.ts";
import { useEnds } from "../src/live/use-ends.ts";
import type { WatchedJob } from "@statusplane/client";

beforeEach(() => vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a progress bar", () => {
  test("has a name, its range, its value and words for it", () => {
    render(<ProgressBar label="1강 진행률" percent={62.6} valueText="63퍼센트" />);
    const bar = screen.getByRole("progressbar", { name: "1강 진행률" });
    expect(bar.getAttribute("aria-valuenow")).toBe("63");
    expect(bar.getAttribute("aria-valuemin")).toBe("0");
    expect(bar.getAttribute("aria-valuemax")).toBe("100");
    expect(bar.getAttribute("aria-valuetext")).toBe("63퍼센트");
  });

  test("has no value while nobody can say", () => {
    render(<ProgressBar label="x" percent={null} />);
    expect(screen.getByRole("progressbar").hasAttribute("aria-valuenow")).toBe(false);
  });
});

describe("announcements", () => {
  test("of one second are said politely in one breath", () => {
    vi.useFakeTimers();
    function Speaker(): ReactNode {
      const announce = useAnnounce();
      return <button onClick={() => ["1강: 완료.", "2강: 실패."].forEach(announce)}>speak</button>;
    }
    render(
      <Announcer>
        <Speaker />
      </Announcer>,
    );
    fireEvent.click(screen.getByRole("button"));
    const status = screen.getByRole("status");
    expect([status.textContent, status.getAttribute("aria-live")]).toEqual(["", "polite"]);
    act(() => {
      vi.advanceTimersByTime(1_000);
    });
    expect(status.textContent).toBe("1강: 완료. 2강: 실패.");
  });

  test("are made once for an end that this page has seen coming, and again after a retry", () => {
    const ended = vi.fn<(job: WatchedJob) => void>();
    function Watcher({ status }: { readonly status: WatchedJob["status"] }): null {
      useEnds([{ ref: { kind: "job", id: "1" }, status, gone: false } as WatchedJob], ended);
      return null;
    }
    const { rerender } = render(<Watcher status="DONE" />);
    expect(ended).not.toHaveBeenCalled();
    for (const status of ["PROCESSING", "FAILED", "FAILED", "PENDING", "DONE"] as const)
      rerender(<Watcher status={status} />);
    expect(ended).toHaveBeenCalledTimes(2);
  });
});

describe("the keyboard in a list whose cards move", () => {
  function Cards({ order }: { readonly order: readonly string[] }): ReactNode {
    return (
      <SteadyList layout={order.join()}>
        {order.map((card) => (
          <div key={card.charAt(0)}>
            <button key={card}>{card}</button>
          </div>
        ))}
      </SteadyList>
    );
  }

  test("goes to what the card offers instead of a button that is gone, and nowhere that somebody has left", () => {
    const { rerender } = render(<Cards order={["a1", "b"]} />);
    screen.getByText("a1").focus();
    rerender(<Cards order={["b", "a2"]} />);
    expect(document.activeElement?.textContent).toBe("a2");
    fireEvent.pointerDown(document.body);
    screen.getByText("a2").blur();
    rerender(<Cards order={["a2", "b"]} />);
    expect(document.activeElement).toBe(document.body);
  });
});
