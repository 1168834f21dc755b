const SLIDE_MS = 240;

interface Slide {
  /** px from the element's place when it began. */
  readonly from: number;
  /** Null until the first frame. */
  readonly beganAtMs: number | null;
  /** px from its place now. */
  readonly offset: number;
}

/**
 * Lets elements that were given another place slide there. Each frame writes where they are drawn, so that a slide which
 * is overtaken by the next goes on from exactly there: an animation that the browser runs by itself is known a frame late,
 * and jumps.
 */
export class Slides {
  readonly #slides = new Map<HTMLElement, Slide>();
  #frame: number | null = null;

  /** @param movedPx from its place now to where it stood before. */
  add(element: HTMLElement, movedPx: number): void {
    if (movedPx === 0) return;
    const from = movedPx + (this.#slides.get(element)?.offset ?? 0);
    this.#draw(element, { from, beganAtMs: null, offset: from });
    this.#frame ??= requestAnimationFrame((atMs) => this.#next(atMs));
  }

  /** Everything is at its place at once. */
  close(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    for (const element of this.#slides.keys()) element.style.removeProperty("transform");
    this.#slides.clear();
  }

  #next(atMs: number): void {
    for (const [element, { from, beganAtMs }] of this.#slides) {
      const left = 1 - (atMs - (beganAtMs ?? atMs)) / SLIDE_MS;
      if (left > 0) {
        this.#draw(element, { from, beganAtMs: beganAtMs ?? atMs, offset: from * left ** 3 });
        continue;
      }
      this.#slides.delete(element);
      element.style.removeProperty("transform");
    }
    this.#frame = this.#slides.size === 0 ? null : requestAnimationFrame((nextMs) => this.#next(nextMs));
  }

  #draw(element: HTMLElement, slide: Slide): void {
    this.#slides.set(element, slide);
    element.style.transform = `translateY(${slide.offset}px)`;
  }
}
