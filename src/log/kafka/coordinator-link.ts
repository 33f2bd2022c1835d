// Asks a consumer group's coordinator, looked up anew with each new connection, and keeps why the last question had no answer.
import { brokerErrorOf, toLogError } from './errors.ts'
import type { Broker, Cluster } from './internals.ts'
import type { KafkaLink } from './link.ts'

export type AskCoordinator = <Answer>(doing: string, question: (coordinator: Broker) => Promise<Answer>) => Promise<Answer>
export type CoordinatorLink = {
  /** Rejects LogError. */
  ask: AskCoordinator
  /** null: the last question had an answer, be it that the group changes. */
  trouble(): string | null
}

export function createCoordinatorLink(link: KafkaLink, groupId: string): CoordinatorLink {
  let known: { cluster: Cluster; coordinator: Broker } | null = null
  let trouble: string | null = null

  async function coordinatorIn(cluster: Cluster): Promise<Broker> {
    if (known?.cluster !== cluster) known = { cluster, coordinator: await cluster.findGroupCoordinator({ groupId }) }
    return known.coordinator
  }

  return {
    ask: async (doing, question) => {
      const what = `${doing} group ${groupId}`
      try {
        const answer = await link.run(what, [], async cluster => question(await coordinatorIn(cluster)))
        trouble = null
        return answer
      } catch (error) {
        trouble = beatOf(error) === null ? toLogError(what, error).message : null
        throw error
      }
    },
    trouble: () => trouble,
  }
}

/** What the coordinator says of the group rather than of the question; null: the question failed, which says nothing about the group. */
export function beatOf(error: unknown): 'rejoin' | 'lost' | null {
  switch (brokerErrorOf(error)) {
    case 'REBALANCE_IN_PROGRESS':
      return 'rejoin'
    case 'UNKNOWN_MEMBER_ID':
    case 'ILLEGAL_GENERATION':
    case 'FENCED_INSTANCE_ID':
      return 'lost'
    default:
      return null
  }
}
