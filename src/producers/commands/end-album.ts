// An album goes out as its marker and what is in it, each a command of its own. What was asked for as a whole stands behind them in its chat: it is over
// once they are, and says what came of them.
import { albumOutcomes } from '../../instances/album-outcome.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import { type Came, over, type TryDeps } from './try-command.ts'

export async function endAlbum({ database, owned, times, clock }: TryDeps, command: ClaimedCommand): Promise<Came> {
  const album = { instance_id: owned.instanceId, command_id: command.command_id, body: command.body }
  const [outcome] = await albumOutcomes(database, [album], clock())
  return outcome ? over(outcome) : { is: 'put-off', delayMs: times.retryMs, refusal: null }
}
