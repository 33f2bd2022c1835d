// A log line for a person: time, level, event and fields on one line, whatever is in them. Pure.
// Made from the same JSON as programs get, so that neither form has what the other leaves out.

type Paint = (text: string) => string
export type Paints = { dim: Paint; bold: Paint; red: Paint; yellow: Paint; cyan: Paint }

const levels: Readonly<Record<number, { name: string; paint: keyof Paints }>> = {
  20: { name: 'debug', paint: 'dim' },
  30: { name: 'info', paint: 'cyan' },
  40: { name: 'warn', paint: 'yellow' },
  50: { name: 'error', paint: 'red' },
}

/** What is no line of the logger stays what it is, without what could steer a terminal. */
export function readableLine(json: string, paints: Paints): string {
  const line = parse(json)
  if (line === null) return `${harmless(json.trimEnd())}\n`
  const { level, time, event, ...fields } = line
  const { name, paint } = levels[Number(level)] ?? { name: String(level), paint: 'dim' as const }
  const told = Object.entries(fields).map(([field, value]) => `${paints.dim(`${harmless(field)}=`)}${shown(field, value)}`)
  return `${[paints.dim(timeOf(time)), paints[paint](name.padEnd(5)), paints.bold(harmless(String(event))), ...told].join(' ')}\n`
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const line: unknown = JSON.parse(json)
    return typeof line === 'object' && line !== null && 'event' in line ? { ...line } : null
  } catch {
    return null // it is shown as it came
  }
}

/** On the clock of whoever looks; the day is theirs to know. */
function timeOf(time: unknown): string {
  const at = new Date(String(time))
  if (Number.isNaN(at.getTime())) return harmless(String(time))
  const two = (part: number) => String(part).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

const MAX_CHARACTERS = 200

/** Words as they are, everything else in quotes; long ones are cut, except what went wrong. */
function shown(field: string, value: unknown): string {
  const text =
    typeof value === 'string' && /^[\w./:@%+,~-]+$/.test(value) ? value : harmless(JSON.stringify(value) ?? 'undefined')
  const signs = Array.from(text)
  return field === 'error' || signs.length <= MAX_CHARACTERS ? text : `${signs.slice(0, MAX_CHARACTERS).join('')}…`
}

/** Controls, breaks of lines and what turns the order of what follows are spelled out: JSON escapes only some of them. */
const harmless = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
