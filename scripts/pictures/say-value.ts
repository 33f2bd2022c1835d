// A value in words, by its unit, as panels say it.

export function sayValue(value: number, unit: string): string {
  if (unit === '0 or 1') return value === 0 ? 'away' : value === 1 ? 'up' : short(value)
  if (unit === 'seconds') return saySeconds(value)
  if (unit === 'bytes') return sayBytes(value)
  if (unit === 'bytes/s') return `${sayBytes(value)}/s`
  if (unit === 'share') return `${short(value * 100)} %`
  return short(value)
}

/** What stands beside a scale whose numbers do not say it; '' where they do. */
export const unitBeside = (unit: string): string =>
  ['0 or 1', 'always 1', 'seconds', 'bytes', 'bytes/s', 'share'].includes(unit) ? '' : unit

function saySeconds(seconds: number): string {
  if (seconds !== 0 && seconds < 1) return `${short(seconds * 1_000)} ms`
  if (seconds < 120) return `${short(seconds)} s`
  return seconds < 7_200 ? `${short(seconds / 60)} min` : `${short(seconds / 3_600)} h`
}

function sayBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${short(bytes / 1_024 ** power)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}

const short = (value: number): string => String(Number(value.toPrecision(3)))
