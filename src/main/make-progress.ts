// The start step that lets consumers begin: progress rows and checkpoints of whoever has never run, made before any socket opens.
import { keepEntry } from '../dead-letters/keep-letters.ts'
import type { TopicName } from '../events/topics.ts'
import { keepBeginning } from '../instances/commands-begin.ts'
import { raiseEpochs } from '../instances/instance-owners.ts'
import { partitionOf } from '../log/append/partitioner.ts'
import { processors } from '../processors/all.ts'
import { greatestEpoch } from '../projections/account.ts'
import { all as allProjections } from '../projections/all.ts'
import { hasBegun } from '../projections/checkpoints.ts'
import { commands } from '../projections/commands/commands.ts'
import { makeCheckpoints } from '../projections/make-checkpoints.ts'
import { makeTables } from '../projections/make-tables.ts'
import { intakeEntry } from '../webhooks/bridge/delivery-intake.ts'
import type { Ports } from './ports.ts'

/** Makes only what is missing, in a database that belongs to this log. Rejects OtherLog. */
export async function makeProgress(
  ports: Pick<Ports, 'database' | 'log' | 'progress' | 'claimLog' | 'topic' | 'consumerGroup'>,
  partitions: number,
  signal: AbortSignal,
): Promise<void> {
  const { database, progress, claimLog, topic, consumerGroup } = ports
  await claimLog()
  await raiseEpochs(database, await greatestEpoch(database))
  for (const { name, reads } of [...processors, intakeEntry])
    await progress.make(consumerGroup(name), reads.map(topic), partitions)
  // Their topic is older than who reads it, and may have been cut short.
  const deadLetters = topic('dead-letters')
  const firsts = await ports.log.positionsAt(deadLetters, 'first', signal)
  await progress.make(consumerGroup(keepEntry.name), [deadLetters], partitions, firsts)
  if (await isNew(database)) await keepBeginning(database, await endsOf(ports, partitions, signal))
  const partitioning = { partitions, partitionOf: (key: string) => partitionOf(key, partitions) }
  for (const projection of allProjections) {
    await makeTables(database, projection, signal)
    await makeCheckpoints(database, projection, partitioning, signal)
  }
}

/** No version of them has read commands of the log yet: those that are in it were accepted under another database. */
const isNew = async (database: Ports['database']): Promise<boolean> => !(await hasBegun(database, commands))

/** Of both topics, in which each instance has the same partition. */
async function endsOf({ log, topic }: Pick<Ports, 'log' | 'topic'>, partitions: number, signal: AbortSignal) {
  const named = (name: TopicName) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: topic(name), partition, nextOffset: 0n }))
  const commandEnds = await log.lag(named('commands'), signal)
  const eventEnds = await log.lag(named('events'), signal)
  const outcomesEnds = new Map(eventEnds.map(({ partition, endOffset }) => [partition, endOffset]))
  return commandEnds.map(({ partition, endOffset }) => ({ partition, endOffset, outcomesEnd: outcomesEnds.get(partition) ?? 0n }))
}
