// What a replay wrote that its row does not know of: where the log is elsewhere, a death between an append and the row leaves that behind. It is
// read from the topic itself, from where the row knows it to be, before anything more is written.
import type { EventLog, LogRecord, Position } from '../log/log.ts'
import type { Replay } from './replay-rows.ts'
import type { Stretch } from './stretches.ts'

/** Headers of what is copied, and where it was copied from (docs/contract.md, Topics). */
export const replayHeaders = { job: 'replay-job', topic: 'replay-topic', offset: 'replay-offset' } as const

/** By topic written and topic read, of one partition: the last offset that is there already, and whether its end is. */
export type WrittenBefore = { last: ReadonlyMap<string, bigint>; ended: ReadonlySet<string> }

export const nothingBefore: WrittenBefore = { last: new Map(), ended: new Set() }
export const pairOf = (written: string, read: string): string => `${written} ${read}`

/** `stretches`: those of one partition. Rejects LogError. */
export async function readWrittenBefore(
  log: Pick<EventLog, 'lag' | 'read'>,
  { replayId, madeTopics }: Pick<Replay, 'replayId' | 'madeTopics'>,
  stretches: readonly Stretch[],
  signal: AbortSignal,
): Promise<WrittenBefore> {
  const last = new Map<string, bigint>()
  const ended = new Set<string>()
  for (const topic of madeTopics) {
    for await (const record of recordsSince(log, knownEnd(topic, stretches), signal)) {
      const from = originOf(record, replayId)
      if (from === null) continue
      const pair = pairOf(topic, from.topic)
      if (from.offset === null) ended.add(pair)
      else if (from.offset > (last.get(pair) ?? -1n)) last.set(pair, from.offset)
    }
  }
  return { last, ended }
}

/** One of its stretches was written last, and its row knows the most. */
const knownEnd = (topic: string, stretches: readonly Stretch[]): Position => ({
  topic,
  partition: stretches[0]?.partition ?? 0,
  nextOffset: stretches.reduce((most, { writtenUntil }) => {
    const known = BigInt(writtenUntil[topic] ?? 0)
    return known > most ? known : most
  }, 0n),
})

async function* recordsSince(
  log: Pick<EventLog, 'lag' | 'read'>,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  const [lag] = await log.lag([from], signal)
  if (lag === undefined || lag.endOffset <= from.nextOffset) return
  yield* log.read(from.topic, { from: [from], until: [{ ...from, nextOffset: lag.endOffset }] }, signal)
}

/** offset null: it says that nothing more comes. null: it is not of this replay, or nothing that a replay writes. */
function originOf({ headers }: LogRecord, replayId: string): { topic: string; offset: bigint | null } | null {
  const { [replayHeaders.job]: job, [replayHeaders.topic]: topic, [replayHeaders.offset]: offset } = headers
  if (job !== replayId || topic === undefined) return null
  if (offset === undefined) return { topic, offset: null }
  return /^\d{1,19}$/.test(offset) ? { topic, offset: BigInt(offset) } : null
}
