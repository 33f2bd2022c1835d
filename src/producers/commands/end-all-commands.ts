// The account is logged out: what was asked of it fails, and what was decided before is told. A crash in between tells the same again.
import type { Offer } from '../../convert/draft.ts'
import type { Database } from '../../database/database.ts'
import { type EndingCommand, giveUpCommands } from '../../instances/commands-at-work.ts'
import { giveUpAlbums } from '../../instances/end-albums.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { Traces } from '../../runtime/traces.ts'
import { createBuiltSeals } from './built-message.ts'
import { failed } from './judge-try.ts'
import { tellTogether } from './tell-together.ts'

type Deps = {
  /** null or left out: nobody traces. */
  traces?: Traces | null
  database: Database
  sealer: Sealer
  append(offers: readonly Offer[]): Promise<void>
  ignores(chat: string | null): boolean
  clock: () => number
  logger: Logger
}

const MOST = 200
/** Its keys are about to go: addresses are told as they were sent to. */
const known = { complete: async <One>(address: One) => address, readAhead: async () => undefined }

/** Where it fails, the whole is begun again. */
const once = { outlasting: <T>(_doing: string, work: () => Promise<T>) => work(), over: new AbortController().signal }

export async function endAllCommands(deps: Deps, owned: Owned): Promise<void> {
  const { database, clock } = deps
  const of = { ...deps, owned, known, seals: createBuiltSeals(deps, owned.instanceId), ...once }
  const at = clock()
  const ends = { untried: failed('logged-out', at), tried: failed('outcome-unknown', at) }
  await endThose(of, () => giveUpCommands(database, { ...owned, ...ends }, MOST))
  // Of these all that is in them is over by now.
  await endThose(of, () => giveUpAlbums(database, { ...owned, at }, MOST))
}

async function endThose(of: Parameters<typeof tellTogether>[0], giveUp: () => Promise<readonly EndingCommand[]>): Promise<void> {
  for (;;) {
    const ending = await giveUp()
    await tellTogether(of, ending)
    if (ending.length < MOST) return
  }
}
