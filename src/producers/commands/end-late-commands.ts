// Of an account that was away for long, many commands are past their time at once: whoever holds it ends them by the hundred, so that they hold
// neither their chats for long nor the places of what can be done.
import { type EndingCommand, expireOwn } from '../../instances/commands-at-work.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { failed } from './judge-try.ts'
import { tellTogether } from './tell-together.ts'

export type LateCommands = {
  /** There is one, and there may be more. */
  found(): void
  /** Ends some, where there are any, of no `busy` chat, and has them told; call between claims. Rejects where the database does not answer. */
  take(busy: readonly string[]): Promise<void>
  /** Of those that are being told: nothing else of these chats is anybody's meanwhile. */
  chats(): readonly string[]
  /** Resolves once none is being told. */
  idle(): Promise<void>
}
type Deps = Parameters<typeof tellTogether>[0] & {
  /** Some are told. */
  ring(): void
  clock: () => number
  logger: Logger
  metrics: Pick<ProducerMetrics, 'commandsEnded'>
}

/** In one transaction, and one append. */
const MOST = 200

export function createLateCommands(deps: Deps): LateCommands {
  const { database, owned, ring, clock } = deps
  let mayBeMore = false
  let inHand: { chats: readonly string[]; told: Promise<void> } | null = null

  return {
    found: () => {
      if (!mayBeMore) ring()
      mayBeMore = true
    },
    take: async busy => {
      if (!mayBeMore || inHand !== null) return
      const ending = await expireOwn(database, { ...owned, untried: failed('expired', clock()) }, { busy, limit: MOST })
      mayBeMore = ending.length === MOST
      if (ending.length === 0) return
      const told = tell(deps, ending).finally(() => {
        inHand = null
        ring()
      })
      inHand = { chats: [...new Set(ending.map(one => one.chat_id))], told }
    },
    chats: () => inHand?.chats ?? [],
    idle: async () => void (await inHand?.told),
  }
}

/** Never rejects: what could not be told is told one by one, or by whoever holds the account next. */
async function tell(deps: Deps, ending: readonly EndingCommand[]): Promise<void> {
  const { owned, over, logger, metrics } = deps
  try {
    await tellTogether(deps, ending)
    metrics.commandsEnded.inc({ outcome: 'expired' }, ending.length)
    logger.info('commands.expired', { ...owned, commands: ending.length })
  } catch (error) {
    if (!over.aborted) logger.warn('commands.not-expired', { ...owned, error })
  }
}
