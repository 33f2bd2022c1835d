// A log line for a person: time, level, event and fields on one line, whatever is in them. Pure.
// Made from the same JSON as programs get, so that neither form has what the other leaves out.
import { escapeControls } from './escape-controls.ts'

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
  if (line === null) return `${escapeControls(json.trimEnd())}\n`
  const { level, time, event, ...fields } = line
  const { name, paint } = levels[Number(level)] ?? { name: String(level), paint: 'dim' as const }
  const told = Object.entries(fields).map(([field, value]) => `${paints.dim(`${escapeControls(field)}=`)}${shown(field, value)}`)
  return `${[paints.dim(timeOf(time)), paints[paint](name.padEnd(5)), paints.bold(escapeControls(String(event))), ...told].join(' ')}\n`
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
  if (Number.isNaN(at.getTime())) return escapeControls(String(time))
  const two = (part: number) => String(part).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

const MAX_CHARACTERS = 200

/** Words as they are, everything else in quotes; long ones are cut, except what went wrong. */
function shown(field: string, value: unknown): string {
  const text =
    typeof value === 'string' && /^[\w./:@%+,~-]+$/.test(value) ? value : escapeControls(JSON.stringify(value) ?? 'undefined')
  const signs = Array.from(text)
  return field === 'error' || signs.length <= MAX_CHARACTERS ? text : `${signs.slice(0, MAX_CHARACTERS).join('')}…`
}
