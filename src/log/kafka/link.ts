// One cluster of connections to Kafka, opened when first needed and thrown away when one of them fails or its picture of the cluster is stale:
// the next call begins with fresh ones, so that nothing depends on how kafkajs recovers.
import { never } from '../../runtime/or-abort.ts'
import { persist } from '../../runtime/persist.ts'
import { LogError } from '../log.ts'
import type { Closable, KafkaClient } from './client.ts'
import { brokerErrorOf, toLogError } from './errors.ts'
import type { Cluster } from './internals.ts'

export type KafkaLink = {
  /**
   * Rejects LogError; the message begins with `doing`. The topics are known to the cluster before it is asked. Asks again where
   * somebody else has to be asked by now.
   */
  run<Answer>(doing: string, topics: readonly string[], ask: (cluster: Cluster) => Promise<Answer>): Promise<Answer>
  /** What is under way may still be answered; the next call has other connections. */
  discard(): void
  close(): Promise<void>
}

/** Brokers' answers that say nothing against the connection or the metadata they came by. */
const harmless: ReadonlySet<string> = new Set([
  'TOPIC_ALREADY_EXISTS',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'MEMBER_ID_REQUIRED',
])

/** Who is asked was, or is not yet, the one: true of a topic that was just created, and of every election. */
const movedAway: ReadonlySet<string> = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
])
const TRIES = 8
const TRY_AGAIN = { baseMs: 100, capMs: 100 }

const giveUpUnlessMoved = ({ error, attempt }: { error: unknown; attempt: number }) =>
  attempt < TRIES && movedAway.has(brokerErrorOf(error) ?? '') ? 'again' : 'give-up'

export function createKafkaLink(client: KafkaClient): KafkaLink {
  const ending = new Set<Promise<void>>()
  let current: Current | null = null
  let closed = false

  const run = <Answer>(doing: string, topics: readonly string[], ask: (cluster: Cluster) => Promise<Answer>) =>
    persist(() => runOnce(doing, topics, ask), { backoff: TRY_AGAIN, failed: giveUpUnlessMoved }, never).catch(error => {
      throw toLogError(doing, error)
    })

  async function runOnce<Answer>(doing: string, topics: readonly string[], ask: (cluster: Cluster) => Promise<Answer>) {
    if (closed) throw new LogError('aborted', `${doing}: the log is closed`)
    current ??= connect(client)
    const used = current
    try {
      await used.connected
      await used.opened.addMultipleTargetTopics(topics)
      const problem = topics.map(used.problemOf).find(found => found !== null)
      if (problem !== undefined) throw problem
      return await ask(used.opened)
    } catch (error) {
      if (!harmless.has(brokerErrorOf(error) ?? '')) discard(used)
      throw error
    }
  }

  function discard(used: Current | null) {
    if (used === null || used !== current) return
    current = null
    const ended = used.close()
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }

  return {
    run,
    discard: () => discard(current),
    close: async () => {
      closed = true
      discard(current)
      await Promise.all(ending)
    },
  }
}

type Current = Closable<Cluster> & { connected: Promise<void> }

function connect(client: KafkaClient): Current {
  const cluster = client.createCluster()
  return { ...cluster, connected: cluster.opened.connect() }
}
