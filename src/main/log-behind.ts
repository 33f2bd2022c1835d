// A log that ends before what the database has read of it was restored from an older backup, or lost records; so did one that is tables of the database,
// where only some of these were restored. What is appended there next would take places that count as read, and be passed over in silence: the start ends
// before anything is appended.
import type { Position } from '../log/log.ts'
import { CodedError } from '../runtime/coded-error.ts'
import type { Parts } from './parts.ts'
import type { Ports } from './ports.ts'
import { readConsumers } from './read-consumers.ts'
import type { Waits } from './waits.ts'

type Behind = Position & { consumerGroup: string; endOffset: bigint }
type Consumers = Awaited<ReturnType<typeof readConsumers>>
type Deps = Pick<Ports, 'database' | 'topic' | 'consumerGroup'> & {
  log: Pick<Ports['log'], 'positionsAt'>
  waits: Pick<Waits, 'waitFor'>
  parts: Pick<Parts, 'postgres' | 'kafka'>
}

export class LogBehind extends CodedError<'log-behind'> {
  override name = 'LogBehind'
  readonly port = 'start'
  constructor([first, ...others]: readonly [Behind, ...Behind[]]) {
    const { topic, partition, endOffset, consumerGroup, nextOffset } = first
    const also = others.length === 0 ? '' : `, and so it is in ${others.length} more places`
    super({
      code: 'log-behind',
      message:
        `the log ends before what this database has read of it: ${topic}/${partition} ends at ${endOffset}, ${consumerGroup} is at ` +
        `${nextOffset}${also}: expected the topics to be those of the same backup as the database, or of a later one; nothing was appended`,
      retryable: false,
      settings: ['KAFKA_BROKERS', 'DATABASE_URL', 'DATA_DIR'],
    })
  }
}

/** Rejects LogBehind; waits for what is away. */
export async function refuseLogBehind({ waits, parts, ...deps }: Deps): Promise<void> {
  const { log } = deps
  const consumers = await waits.waitFor(parts.postgres, () => readConsumers(deps))
  const [first, ...others] = await waits.waitFor(parts.kafka ?? parts.postgres, signal => findBehind(log, consumers, signal))
  if (first !== undefined) throw new LogBehind([first, ...others])
}

/** A partition that the log does not have ends at 0: where something of it was read it is lost. */
async function findBehind(log: Deps['log'], consumers: Consumers, signal: AbortSignal): Promise<readonly Behind[]> {
  const topics = new Set(consumers.flatMap(({ positions }) => positions.map(({ topic }) => topic)))
  const ends = (await Promise.all([...topics].map(topic => log.positionsAt(topic, 'end', signal)))).flat()
  const endOf = new Map(ends.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, nextOffset]))
  return consumers.flatMap(({ consumerGroup, positions }) =>
    positions.flatMap(position => {
      const endOffset = endOf.get(`${position.topic}/${position.partition}`) ?? 0n
      return endOffset >= position.nextOffset ? [] : [{ ...position, consumerGroup, endOffset }]
    }),
  )
}
