// What a program needs of a message, as JSON text in the shapes of events/interactive-shapes.ts. Senders choose how much they say: of more
// than fits, lists and texts lose their ends, and `cut` tells.
import { isoInstant } from '../../runtime/calendar.ts'
import { bareJid } from '../jid.ts'
import { numberOf, textOf } from './body.ts'

/** What is null, undefined, no finite number, or holds nothing is left out. */
export type Told = string | number | boolean | null | undefined | readonly Told[] | { readonly [name: string]: Told }

const isCut = { cut: true } as const
/** 64 KiB, with what says that it was cut. */
const maxBytes = 64 * 1024 - Buffer.byteLength(JSON.stringify(isCut))
/** From the widest to one under which the largest of shapes fits. */
const narrowest = { items: 3, characters: 50 }
const bounds = [
  { items: 100, characters: 4_000 },
  { items: 30, characters: 1_000 },
  { items: 10, characters: 200 },
]

/** null: nothing. At most 64 KiB of UTF-8. */
export function interactiveOf(told: { readonly [name: string]: Told }): string | null {
  const something = somethingOf(told)
  if (something === undefined) return null
  const bound = bounds.find(one => Buffer.byteLength(JSON.stringify(cut(something, one))) <= maxBytes) ?? narrowest
  const kept = JSON.stringify(cut(something, bound))
  return kept === JSON.stringify(something) ? kept : JSON.stringify({ ...JSON.parse(kept), ...isCut })
}

/** undefined: nothing. */
function somethingOf(told: Told): Told {
  if (told === null || told === undefined || (typeof told === 'number' && !Number.isFinite(told))) return undefined
  if (typeof told !== 'object') return told
  if (isList(told)) {
    const items = told.map(somethingOf).filter(item => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  const fields = Object.entries(told)
    .map(([name, value]) => [name, somethingOf(value)] as const)
    .filter(([, value]) => value !== undefined)
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

function cut(told: Told, bound: typeof narrowest): Told {
  if (typeof told === 'string') return told.slice(0, bound.characters).toWellFormed()
  if (typeof told !== 'object' || told === null) return told
  if (isList(told)) return told.slice(0, bound.items).map(item => cut(item, bound))
  return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, cut(value, bound)]))
}

const isList = (told: Told): told is readonly Told[] => Array.isArray(told)

type Numeric = Parameters<typeof numberOf>[0]

/** Of epoch seconds; null where that is no time between 1970 and 9999. */
export const instantOfSeconds = (seconds: Numeric): string | null => instantOf((numberOf(seconds) ?? 0) * 1000)

/** Of epoch milliseconds; null where that is no time between 1970 and 9999. */
export const instantOfMs = (ms: Numeric): string | null => instantOf(numberOf(ms) ?? 0)

const latestAt = Date.UTC(9999, 11, 31)
const instantOf = (ms: number): string | null => (ms > 0 && ms <= latestAt ? isoInstant(ms) : null)

/** An amount in thousandths of the currency's unit; null: no amount. */
export function moneyOf(amount1000: Numeric, currency: string | null | undefined): Told {
  const amount = numberOf(amount1000)
  return amount === null ? null : { currency: textOf(currency), amount1000: amount }
}

export const jidOf = (jid: string | null | undefined): string | null => (jid ? bareJid(jid) : null)
