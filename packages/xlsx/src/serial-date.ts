/*
 * Dates in a workbook are numbers whose cell has a date format: days since 1899-12-31 (with a 1900-02-29 that never
 * was) or since 1904-01-01.
 */

const MS_PER_DAY = 86_400_000;
const EPOCH_1900_MS = Date.UTC(1899, 11, 30);
const EPOCH_1904_MS = Date.UTC(1904, 0, 1);
/** 1900-03-01: before it the format counts a day too many. */
const FIRST_TRUE_SERIAL = 61;
/** 9999-12-31 of the 1900 system: nothing later is shown. */
const LAST_SERIAL = 2_958_465;

/**
 * The date and time of a serial number as ISO 8601 without zone: `2026-03-01`, with a time of day
 * `2026-03-01T09:30:00`, for a time alone `09:30:00`. Null where no date would be shown either.
 */
export function isoOfSerial(serial: number, date1904: boolean): string | null {
  if (!(serial >= 0) || serial >= LAST_SERIAL + 1) return null;
  const timeAlone = serial < 1 && !(date1904 && serial === 0);
  const day = !date1904 && serial < FIRST_TRUE_SERIAL - 1 ? serial + 1 : serial;
  const ms = (date1904 ? EPOCH_1904_MS : EPOCH_1900_MS) + Math.round(day * MS_PER_DAY);
  const iso = new Date(ms).toISOString();
  const time = iso.slice(11, 23).replace(".000", "");
  if (timeAlone) return time;
  return time === "00:00:00" ? iso.slice(0, 10) : `${iso.slice(0, 10)}T${time}`;
}
