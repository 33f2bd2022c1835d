// How far behind its end a position of the log in Kafka is, in records and in time.
import { type Lag, LogError, type Position } from '../log.ts'
import { fetchAt } from './fetch.ts'
import type { KafkaLink } from './link.ts'
import { type Bounds, readBounds } from './offsets.ts'

/** The record itself is fetched for its time, and with it the batch it is in. */
const ONE_BATCH_BYTES = 1

/** In the order asked. lagRecords counts gaps too. lagMs is null where the next record is no longer in the log or cannot be read. */
export async function readLag(link: KafkaLink, of: readonly Position[], signal: AbortSignal): Promise<Lag[]> {
  if (signal.aborted) throw new LogError('aborted', 'reading the lag: aborted before it began')
  const bounds = await boundsOf(link, of)
  return Promise.all(
    of.map(async (position, index) => {
      const at = bounds[index]
      if (at === undefined) throw new LogError('topic-missing', `reading the lag of ${position.topic}: no bounds`)
      const lagRecords = Math.max(0, Number(at.endOffset - position.nextOffset))
      return { ...position, ...at, lagRecords, lagMs: lagRecords === 0 ? 0 : await waitedMs(link, position, at) }
    }),
  )
}

async function boundsOf(link: KafkaLink, of: readonly Position[]): Promise<(Bounds | undefined)[]> {
  const topics = [...new Set(of.map(({ topic }) => topic))]
  const found = new Map<string, Bounds>()
  for (const topic of topics) {
    const partitions = [...new Set(of.filter(one => one.topic === topic).map(({ partition }) => partition))] // Kafka refuses one named twice
    const bounds = await readBounds(link, topic, partitions)
    partitions.forEach((partition, index) => {
      const at = bounds[index]
      if (at !== undefined) found.set(`${topic}/${partition}`, at)
    })
  }
  return of.map(({ topic, partition }) => found.get(`${topic}/${partition}`))
}

async function waitedMs(link: KafkaLink, position: Position, { firstOffset }: Bounds): Promise<number | null> {
  if (position.nextOffset < firstOffset) return null
  const answer = await fetchAt(link, position, ONE_BATCH_BYTES)
  const [record] = answer.fetched[0]?.records ?? []
  return record === undefined ? null : Math.max(0, Date.now() - record.recordedAt)
}
