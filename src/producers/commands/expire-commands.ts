// Commands whose time is over while nobody holds their account: every [30 s] they are ended, and what came of them is owed to the log in the same
// transaction. Who holds an account ends its own.
import type { Database, Transaction } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import { type OweDeps, oweEnds } from '../../instances/command-outcome.ts'
import { type EndedCommand, expireCommands } from '../../instances/commands-at-work.ts'
import { expireAlbums } from '../../instances/end-albums.ts'
import { drainApiOutbox } from '../../instances/outbox.ts'
import type { EventLog } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { CommandWatch } from './command-watch.ts'
import { failed } from './judge-try.ts'

type Deps = Pick<OweDeps, 'traces'> & {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Codec
  topic(name: TopicName): string
  commandWatch: Pick<CommandWatch, 'instances'>
  everyMs: number
  clock: () => number
  logger: Logger
  metrics: Pick<ProducerMetrics, 'commandsEnded'>
}

/** In one transaction. */
const MOST = 200

export function createCommandExpiry(deps: Deps): { follow(signal: AbortSignal): Promise<void> } {
  return {
    follow: async signal => {
      while (await wait(deps.everyMs, signal))
        try {
          for (const expire of [expireAll, expireWholes]) while (!signal.aborted && (await expireSome(deps, expire, signal)) > 0);
        } catch (error) {
          if (!signal.aborted) deps.logger.warn('commands.not-expired', { error })
        }
    },
  }
}

type Expire = (
  tx: Transaction,
  of: { live: readonly string[]; limit: number; at: number },
) => Promise<readonly (EndedCommand & { instance_id: string })[]>

const expireAll: Expire = (tx, { at, ...of }) =>
  expireCommands(tx, { untried: failed('expired', at), tried: failed('outcome-unknown', at) }, of)
/** Albums, behind what is in them: of each chat one, until none is left. */
const expireWholes: Expire = expireAlbums

/** Answers how many were ended. The log may have them later: whatever sweeps the outbox appends what is owed. */
async function expireSome(deps: Deps, expire: Expire, signal: AbortSignal): Promise<number> {
  const { database, commandWatch, clock, metrics } = deps
  const at = clock()
  const expired = await database.transact(async tx => {
    const rows = await expire(tx, { live: commandWatch.instances(), limit: MOST, at })
    await oweEnds(deps, tx, rows, at)
    return rows
  }, signal)
  for (const { outcome } of expired)
    metrics.commandsEnded.inc({ outcome: outcome.type === 'command.failed' ? outcome.reason : 'completed' })
  if (expired.length > 0) await drainApiOutbox(deps, signal)
  return expired.length
}
