/** Bytes of files changed as other programs write them, or as damage does. Each answers the changed bytes. */
type Patch = (bytes: Buffer) => Buffer;

const ONE = 65_536;

/** @throws when the file lacks what is to be changed: the case would be an ordinary one then. */
function placeOf(bytes: Buffer, what: string | Buffer, from = 0): number {
  const at = bytes.indexOf(what, from, "latin1");
  if (at < 0) throw new Error(`there is no ${what.toString()} to be changed`);
  return at;
}

function* placesOf(bytes: Buffer, what: string | Buffer): Generator<number> {
  for (let at = bytes.indexOf(what, 0, "latin1"); at >= 0; at = bytes.indexOf(what, at + 1, "latin1"))
    yield at;
}

/** The display matrix of the first track; 1 is written as 65,536. */
export function displayMatrix(values: readonly number[]): Patch {
  return (bytes) => {
    const box = placeOf(bytes, "tkhd");
    const at = box + 4 + (bytes[box + 4] === 0 ? 40 : 52);
    for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.trunc(value), at + 4 * index);
    return bytes;
  };
}
export const MIRRORED = [-ONE, 0, 0, 0, ONE, 0, 640 * ONE, 0, 2 ** 30];
export const TURNED_45 = [46_341, 46_341, 0, -46_341, 46_341, 0, 0, 0, 2 ** 30];
export const HALVED = [ONE / 2, 0, 0, 0, ONE / 2, 0, 0, 0, 2 ** 30];

/** Durations in an mp4's header, each at its place behind the box's name. */
const DURATIONS = [
  ["mvhd", 20],
  ["mdhd", 20],
  ["tkhd", 24],
  ["mehd", 8],
  ["elst", 12],
] as const;
type DurationBox = (typeof DURATIONS)[number][0];

/** Multiplies what the header says. */
export function headerTimes(
  factor: number,
  boxes: readonly DurationBox[] = ["mvhd", "mdhd", "tkhd", "elst"],
): Patch {
  return (bytes) => {
    for (const [box, offset] of DURATIONS.filter(([each]) => boxes.includes(each)))
      for (const at of placesOf(bytes, box))
        bytes.writeUInt32BE(Math.trunc(bytes.readUInt32BE(at + offset) * factor), at + offset);
    return bytes;
  };
}

/** All ones: unknown, as ISO/IEC 14496-12 defines it. */
export const headerUnknown: Patch = (bytes) => {
  for (const [box, offset] of DURATIONS.filter(([each]) => each !== "elst"))
    for (const at of placesOf(bytes, box))
      if (bytes[at + 4] === 0) bytes.writeUInt32BE(0xff_ff_ff_ff, at + offset);
  return bytes;
};

/** Another name for the n-th box or sample entry of that name. */
export function renamed(from: string, to: string, nth = 0): Patch {
  return (bytes) => {
    let at = -1;
    for (let n = 0; n <= nth; n++) at = placeOf(bytes, from, at + 1);
    bytes.write(to, at, "latin1");
    return bytes;
  };
}

/** Matroska's DefaultDuration (23 E3 83, 4 bytes). */
const DEFAULT_DURATION = Buffer.from([0x23, 0xe3, 0x83, 0x84]);

export const defaultDuration1Ms: Patch = (bytes) => {
  bytes.writeUInt32BE(1_000_000, placeOf(bytes, DEFAULT_DURATION) + 4);
  return bytes;
};

/** Each DefaultDuration becomes a Void of its size. */
export const noDefaultDuration: Patch = (bytes) => {
  const element = DEFAULT_DURATION.subarray(0, 3);
  placeOf(bytes, element);
  for (const at of placesOf(bytes, element)) {
    const size = 4 + ((bytes[at + 3] ?? 0) & 0x7f);
    bytes.fill(0, at, at + size);
    [bytes[at], bytes[at + 1]] = [0xec, 0x80 | (size - 2)];
  }
  return bytes;
};

/** A `uuid` box before everything else. */
export const uuidFirst: Patch = (bytes) => {
  const box = Buffer.alloc(124, "x");
  box.writeUInt32BE(box.length, 0);
  box.write("uuid", 4, "latin1");
  return Buffer.concat([box, bytes]);
};

export const stypFirst: Patch = renamed("ftyp", "styp");
export const zerosBehind: Patch = (bytes) => Buffer.concat([bytes, Buffer.alloc(5_000)]);
export const secondHalfZeros: Patch = (bytes) => bytes.fill(0, Math.floor(bytes.length / 2));
/** Nothing from the first fragment on. */
export const initOnly: Patch = (bytes) => bytes.subarray(0, placeOf(bytes, "moof") - 4);

/** Noise in place of the media data, from a share of it on; the same at each call. */
export function noiseFrom(share: number): Patch {
  return (bytes) => {
    const at = placeOf(bytes, "mdat") + 4;
    const size = bytes.readUInt32BE(at - 8) - 8;
    let state = 1;
    for (let n = at + Math.floor(size * share); n < at + size; n++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bytes[n] = state >>> 16;
    }
    return bytes;
  };
}
