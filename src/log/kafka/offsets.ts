// Where partitions of Kafka begin, end, and were at a time. Ends are those of committed transactions.
import { LogError, type Position } from '../log.ts'
import type { KafkaLink } from './link.ts'

export type Bounds = { firstOffset: bigint; endOffset: bigint }

/** Of one topic, in the order asked. Rejects `topic-missing` where there is no such partition. */
export async function readBounds(link: KafkaLink, topic: string, partitions: readonly number[]): Promise<Bounds[]> {
  const [first, end] = await Promise.all([
    readOffsets(link, topic, partitions, 'first'),
    readOffsets(link, topic, partitions, 'end'),
  ])
  return first.map((firstOffset, index) => ({ firstOffset, endOffset: end[index] ?? firstOffset }))
}

/** { recordedAt }: of the first record as new as it; the end where there is none. */
export async function readOffsets(
  link: KafkaLink,
  topic: string,
  partitions: readonly number[],
  edge: 'first' | 'end' | { recordedAt: number },
): Promise<bigint[]> {
  const doing = `looking up offsets of ${topic}`
  const query =
    typeof edge === 'string' ? { fromBeginning: edge === 'first' } : { fromTimestamp: Math.max(0, Math.ceil(edge.recordedAt)) }
  const answers = await link.run(doing, [topic], cluster =>
    cluster.fetchTopicsOffset([{ topic, partitions: partitions.map(partition => ({ partition })), ...query }]),
  )
  const offsets = new Map(answers.flatMap(one => one.partitions.map(({ partition, offset }) => [partition, BigInt(offset)])))
  const found = partitions.map(partition => {
    const offset = offsets.get(partition)
    if (offset === undefined) throw new LogError('topic-missing', `${doing}: it has no partition ${partition}`)
    return offset
  })
  if (!found.includes(NONE)) return found
  const ends = await readOffsets(link, topic, partitions, 'end')
  return found.map((offset, index) => (offset === NONE ? (ends[index] ?? offset) : offset))
}

const NONE = -1n

export const isInside = ({ nextOffset }: Position, { firstOffset, endOffset }: Bounds) =>
  nextOffset >= firstOffset && nextOffset <= endOffset

export const truncatedError = ({ topic, partition, nextOffset }: Position, { firstOffset, endOffset }: Bounds) =>
  new LogError('truncated', `reading ${topic}/${partition} from offset ${nextOffset}: the log has ${firstOffset} to ${endOffset}`)
