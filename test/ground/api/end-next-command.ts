// Whoever holds an account, as far as the API sees it: takes the next command that waits for it, and ends it with what WhatsApp is to have said.
import type { Database } from '../../../src/database/database.ts'
import { beginTry } from '../../../src/instances/command-tries.ts'
import type { Outcome } from '../../../src/instances/commands.ts'
import { decideOutcome, endCommand } from '../../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../../src/instances/commands-claimed.ts'
import { until } from '../until.ts'

/** What was asked for: its operation, and its body as it is kept. */
export async function endNextCommand(
  database: Database,
  instanceId: string,
  outcome: Outcome,
): Promise<{ operation: string; body: unknown }> {
  const owned = { instanceId, epoch: 1 }
  await database.query(
    `insert into instance_owners (instance_id, epoch) values ($1, 1) on conflict (instance_id) do update set epoch = excluded.epoch`,
    [instanceId],
  )
  const claimed = await until('a command to wait', async () => {
    const [one] = await claimCommands(database, owned, { busy: [], limit: 1, turns: 1, firsts: { spacingMs: 0, perDay: 0 } })
    return one ?? null
  })
  const commandId = claimed.command_id
  await beginTry(database, { ...owned, commandId, tries: 1, built: Buffer.from('sealed') })
  await decideOutcome(database, { ...owned, commandId, outcome })
  await endCommand(database, { instanceId, commandId })
  return { operation: claimed.operation, body: claimed.body }
}
