// One cluster of connections to Kafka, opened when first needed and thrown away when one of them fails or its picture of the cluster is stale:
// the next call begins with fresh ones, so that nothing depends on how kafkajs recovers.
import { never } from '../../runtime/or-abort.ts'
import { persist } from '../../runtime/persist.ts'
import { wait } from '../../runtime/wait.ts'
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
  /** What is under way may still be answered within a second; the next call has other connections. */
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

/** What others asked over connections that one of them found wanting has no fault of its own: so long it may still be answered. */
const GRACE_MS = 5_000

const giveUpUnlessMoved = ({ error, attempt }: { error: unknown; attempt: number }) =>
  attempt < TRIES && movedAway.has(brokerErrorOf(error) ?? '') ? 'again' : 'give-up'

export function createKafkaLink(client: KafkaClient): KafkaLink {
  const ending = new Set<Promise<void>>()
  const closing = new AbortController()
  let current: Current | null = null

  const run = <Answer>(doing: string, topics: readonly string[], ask: (cluster: Cluster) => Promise<Answer>) =>
    persist(() => runOnce(doing, topics, ask), { backoff: TRY_AGAIN, failed: giveUpUnlessMoved }, never).catch(error => {
      throw toLogError(doing, error)
    })

  async function runOnce<Answer>(doing: string, topics: readonly string[], ask: (cluster: Cluster) => Promise<Answer>) {
    if (closing.signal.aborted) throw new LogError('aborted', `${doing}: the log is closed`)
    current ??= connect(client)
    const used = current
    const asked = askOver(used, topics, ask)
    used.asked.add(asked)
    try {
      return await asked
    } catch (error) {
      used.asked.delete(asked)
      if (!harmless.has(brokerErrorOf(error) ?? '')) discard(used, settled(used.asked, closing.signal))
      throw error
    } finally {
      used.asked.delete(asked)
    }
  }

  function discard(used: Current | null, after: Promise<unknown> = Promise.resolve()) {
    if (used === null || used !== current) return
    current = null
    const ended = after.then(used.close)
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }

  return {
    run,
    discard: () => discard(current),
    close: async () => {
      closing.abort()
      discard(current)
      await Promise.all(ending)
    },
  }
}

/** `asked`: what has no answer yet. */
type Current = Closable<Cluster> & { connected: Promise<void>; asked: Set<Promise<unknown>> }

function connect(client: KafkaClient): Current {
  const cluster = client.createCluster()
  return { ...cluster, connected: cluster.opened.connect(), asked: new Set() }
}

async function askOver<Answer>(
  { connected, opened, problemOf }: Current,
  topics: readonly string[],
  ask: (cluster: Cluster) => Promise<Answer>,
): Promise<Answer> {
  await connected
  await opened.addMultipleTargetTopics(topics)
  const problem = topics.map(problemOf).find(found => found !== null)
  if (problem !== undefined) throw problem
  return await ask(opened)
}

/** Resolves once each has its answer, after a while, or as soon as the signal aborts. */
async function settled(asked: ReadonlySet<Promise<unknown>>, signal: AbortSignal): Promise<void> {
  const answered = new AbortController()
  void Promise.allSettled(asked).then(() => answered.abort())
  await wait(GRACE_MS, AbortSignal.any([answered.signal, signal]))
}
