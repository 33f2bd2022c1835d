// What a few calls answer is not for a table: the records of a replay are what happened, and are told as events tail tells it. Pure, but for the
// colours of the terminal.
import { z } from 'zod'
import { describeAmongOthers } from '../describe-webhook.ts'
import { plainText } from '../text-table.ts'
import type { CallVerb } from './call-verb.ts'

/** null: as any other answer, also where it is not what that call answers. */
export const ownText = ({ thing, name }: Pick<CallVerb, 'thing' | 'name'>, answer: unknown): string | null =>
  texts[`${thing} ${name}`]?.(answer) ?? null

const record = z.looseObject({
  offset: z.string(),
  key: z.string(),
  headers: z.record(z.string(), z.string()),
  event: z.unknown(),
})
const page = z.looseObject({
  partition: z.number(),
  data: z.array(record),
  leftOut: z.record(z.string(), z.number()),
  lastOffset: z.string().nullable(),
  endOffset: z.string(),
})

function recordsText(answer: unknown): string | null {
  const parsed = page.safeParse(answer)
  if (!parsed.success) return null
  const { partition, data, leftOut, lastOffset, endOffset } = parsed.data
  const widest = data.reduce((most, { offset }) => Math.max(most, offset.length), 0)
  const lines = data.map(one => `${one.offset.padStart(widest)}  ${eventText(one)}`)
  const without = Object.entries(leftOut).map(([why, count]) => `${count} left out (${why})`)
  const more = lastOffset === null ? 0n : BigInt(endOffset) - BigInt(lastOffset) - 1n
  const next = more > 0n ? [`${more} more: --partition ${partition} --after ${lastOffset}`] : []
  const said = [`partition ${partition}`, ...without.map(plainText), ...next].join(', ')
  return [...lines, data.length === 0 ? `nothing in ${said}` : said].join('\n')
}

/** Of what this version cannot read there is its type, and whose it is. */
const eventText = ({ event, headers, key }: z.infer<typeof record>): string =>
  event === null
    ? plainText(`${headers['event-type'] ?? 'no event'} of ${key}, which cannot be read`)
    : describeAmongOthers(event)

const texts: Readonly<Record<string, (answer: unknown) => string | null>> = { 'replays records': recordsText }
