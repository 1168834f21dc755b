/** What is done inside the page: each function is sent there by itself, so it names nothing outside itself. */

export type Place = readonly [x: number, y: number];
export type Color = readonly [red: number, green: number, blue: number];

/**
 * Waits for the first picture. Answers its colours at places given as shares of its sides, from the decoded numbers by the
 * matrix and range that the browser understood: its own conversion to a canvas is 6 of 255 off where blue is far from grey.
 */
export async function readColors(
  element: HTMLElement | SVGElement,
  places: readonly Place[],
): Promise<readonly Color[]> {
  const video = element as HTMLVideoElement;
  const until = performance.now() + 20_000;
  while (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (places.length === 0) return [];
  const frame = new VideoFrame(video);
  const { colorSpace, format } = frame;
  const { width = 0, height = 0 } = frame.visibleRect ?? {};
  const bytes = new Uint8Array(frame.allocationSize());
  const [luma, blue, red] = await frame.copyTo(bytes);
  frame.close();
  if (format !== "I420" || luma === undefined || blue === undefined || red === undefined)
    throw new Error(`the browser decodes to ${format}`);
  const [kr, kb] = colorSpace.matrix === "bt709" ? [0.2126, 0.0722] : [0.299, 0.114];
  const range =
    colorSpace.fullRange === true
      ? { black: 0, luma: 1, chroma: 1 }
      : { black: 16, luma: 255 / 219, chroma: 255 / 224 };
  return places.map(([x, y]): Color => {
    const sample = ({ offset, stride }: PlaneLayout, share: number) =>
      bytes[offset + Math.floor((y * height) / share) * stride + Math.floor((x * width) / share)] ?? 0;
    const light = (sample(luma, 1) - range.black) * range.luma;
    const r = light + 2 * (1 - kr) * (sample(red, 2) - 128) * range.chroma;
    const b = light + 2 * (1 - kb) * (sample(blue, 2) - 128) * range.chroma;
    const g = (light - kr * r - kb * b) / (1 - kr - kb);
    const code = (each: number) => Math.round(Math.min(255, Math.max(0, each)));
    return [code(r), code(g), code(b)];
  });
}

/** The colours of an image, as the page shows it. */
export async function readImageColors({ url, places }: { url: string; places: readonly Place[] }) {
  const picture = await createImageBitmap(await (await fetch(url)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context?.drawImage(picture, 0, 0);
  return places.map(([x, y]): Color => {
    const at = [Math.floor(x * picture.width), Math.floor(y * picture.height)] as const;
    const [red = -1, green = -1, blue = -1] = context?.getImageData(at[0], at[1], 1, 1).data ?? [];
    return [red, green, blue];
  });
}

/**
 * Listens and looks for `ms`: the median from each white flash to the nearest beep, ms; null without a pair. Both are told in
 * the player's own time, so a busy machine changes nothing: of a flash it is the time of the picture that is handed over to
 * be shown, of a beep the player's time when it is heard. What the browser itself adds when it shows pictures seldom (up to
 * 70 ms at ten a second, other each time) is not the file's.
 */
export async function timeFlashes(element: HTMLElement | SVGElement, ms: number): Promise<number | null> {
  const video = element as HTMLVideoElement;
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 32_768; // 0.7 s: more than lies between two looks
  audio.createMediaElementSource(video).connect(analyser);
  analyser.connect(audio.destination);
  await audio.resume();
  const paint = new OffscreenCanvas(4, 4).getContext("2d", { willReadFrequently: true });
  const [flashes, beeps, samples] = [[] as number[], [] as number[], new Float32Array(analyser.fftSize)];
  let [wasWhite, isOver] = [true, false]; // a flash begins in the dark: a first picture that is held is none
  const frame = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
    paint?.drawImage(video, 0, 0, 4, 4);
    const isWhite = (paint?.getImageData(1, 1, 1, 1).data[0] ?? 0) > 128;
    if (isWhite && !wasWhite) flashes.push(mediaTime * 1000);
    wasWhite = isWhite;
    if (!isOver) video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  const listen = (): void => {
    const [heardUntil, begun] = [video.currentTime, performance.now()];
    analyser.getFloatTimeDomainData(samples);
    if (performance.now() - begun > 4) return; // pushed aside between the two: the next look hears it as well
    let lastLoud = 0;
    for (const [index, each] of samples.entries()) {
      if (Math.abs(each) <= 0.1) continue;
      const agoSeconds = (samples.length - index) / audio.sampleRate;
      if (index - lastLoud > audio.sampleRate / 10) beeps.push((heardUntil - agoSeconds) * 1000);
      lastLoud = index;
    }
  };
  for (const begun = performance.now(); performance.now() - begun < ms && !video.ended;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    listen();
  }
  isOver = true;
  if (beeps.length === 0) return null;
  const apart = flashes.map((flash) =>
    beeps.map((beep) => beep - flash).reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a)),
  );
  return apart.sort((a, b) => a - b)[apart.length >> 1] ?? null;
}

/** Plays on to the end. Answers where it stood still instead, null where nowhere. */
export async function playToEnd(
  element: HTMLElement | SVGElement,
  { fromSeconds, rate }: { fromSeconds: number | null; rate: number },
): Promise<string | null> {
  const video = element as HTMLVideoElement;
  if (fromSeconds !== null) video.currentTime = fromSeconds;
  video.playbackRate = rate;
  let [last, since] = [-1, performance.now()];
  while (!video.ended) {
    if (video.paused) await video.play().catch(() => undefined); // refused while its source is being attached
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (video.currentTime !== last) [last, since] = [video.currentTime, performance.now()];
    else if (performance.now() - since > 8_000)
      return `stands at ${last.toFixed(2)} of ${video.duration.toFixed(2)} s`;
  }
  return null;
}
