// How many records wait for an account that a projection leaves out: counted in the log, for as many records and as long as an answer has.
import type { TopicName } from '../../events/topics.ts'
import type { EventLog } from '../../log/log.ts'
import type { LeftOut } from '../../projections/queries.ts'

export type CountDeps = { log: Pick<EventLog, 'read'>; topic(name: TopicName): string }
/** Of the partition, per topic: what is read of it. */
type Places = ReadonlyMap<string, bigint>

const MOST_RECORDS = 20_000
const MOST_MS = 3_000

/** What all counts of one answer share. null: there is no room left to count this one. Rejects once `signal` aborts. */
export function createHeldCount(deps: CountDeps, signal: AbortSignal) {
  const patience = AbortSignal.timeout(MOST_MS)
  const enough = AbortSignal.any([signal, patience])
  let left = MOST_RECORDS

  async function countIn(one: LeftOut, topic: string, range: { from: bigint; until: bigint }): Promise<number | null> {
    if (range.from >= range.until) return 0
    const at = { topic: deps.topic(topic as TopicName), partition: one.partition }
    const edges = { from: [{ ...at, nextOffset: range.from }], until: [{ ...at, nextOffset: range.until }] }
    let held = 0
    for await (const record of deps.log.read(at.topic, edges, enough)) {
      if (left === 0) return null
      left -= 1
      if (record.key === one.key) held += 1
    }
    return patience.aborted ? null : held
  }

  return async (one: LeftOut, read: Places): Promise<number | null> => {
    let held = 0
    try {
      for (const [topic, until] of read) {
        const of = await countIn(one, topic, { from: one.offsets.get(topic) ?? 0n, until })
        if (of === null) return null
        held += of
      }
      return held
    } catch (error) {
      signal.throwIfAborted()
      if (patience.aborted || isForgotten(error)) return null
      throw error
    }
  }
}

const isForgotten = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'truncated'
