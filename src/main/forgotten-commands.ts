// Commands that topic commands has no more, and that a database which is older than its log has not read: nobody can read them again, and whoever waited for
// them would wait for ever. The rest is learnt without them, and it is said which they were.
import { listUntold } from '../instances/commands-begin.ts'
import { type Move, moveCheckpoints, readCheckpoint } from '../projections/checkpoints.ts'
import { commands } from '../projections/commands/commands.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'
import type { Ports } from './ports.ts'

type Deps = Pick<Ports, 'database' | 'topic'> & { log: Pick<Ports['log'], 'positionsAt'>; logger: Logger }

/** Before anything is projected. What this start has passed over is a check until the next one. Rejects what the ports reject. */
export async function passOverForgotten(deps: Deps, signal: AbortSignal): Promise<readonly Check[]> {
  const { database, logger } = deps
  for (;;) {
    const gone = await findForgotten(deps, signal)
    if (gone.length === 0) return []
    const records = gone.reduce((sum, { advance }) => sum + Number(advance.nextOffset - advance.fromOffset), 0)
    const places = gone.map(({ partition, advance }) => `${partition}: ${advance.fromOffset} to ${advance.nextOffset - 1n}`)
    logger.warn('commands.forgotten-by-log', { topic: deps.topic('commands'), records, places }) // a crash below says it twice, and never not at all
    const { sql, values } = moveCheckpoints(commands, gone)
    const moved = await database.query(sql, values)
    if (moved.length === gone.length) return [checkOf(records)]
  }
}

type Gone = Move & { advance: NonNullable<Move['advance']> }

/** Where what a later state of this database had is still to be learnt: elsewhere a projection halts at such a place, and a person decides. */
async function findForgotten({ database, log, topic }: Deps, signal: AbortSignal): Promise<readonly Gone[]> {
  const held = (await listUntold(database)).filter(one => one.holdsAll)
  if (held.length === 0) return []
  const firsts = await log.positionsAt(topic('commands'), 'first', signal)
  const found = await Promise.all(
    held.map(async ({ partition }): Promise<readonly Gone[]> => {
      const checkpoint = await readCheckpoint(database, commands, partition)
      const fromOffset = checkpoint?.offsets.get('commands')
      const nextOffset = firsts.find(first => first.partition === partition)?.nextOffset ?? 0n
      if (checkpoint === null || fromOffset === undefined || fromOffset >= nextOffset) return []
      return [{ partition, revision: checkpoint.revision, advance: { topic: 'commands', fromOffset, nextOffset } }]
    }),
  )
  return found.flat()
}

const checkOf = (records: number): Check => ({
  name: 'forgotten commands',
  state: 'degraded',
  detail:
    `this database is older than its log, which had deleted ${records} records of topic commands before they were read again: what they asked for is not ` +
    'done where it was not done before; ask for it again where it is missing. The log line commands.forgotten-by-log has their places; the next start says no more of it',
})
