// Commands as their projection leaves them and as whoever holds the account puts them off, without an account.
import type { Database } from '../../../src/database/database.ts'
import { writeTogether } from '../../../src/database/statement-parts.ts'
import { commandIds } from '../../../src/instances/command-ids.ts'
import { putOff } from '../../../src/instances/command-tries.ts'
import { type AcceptedCommand, acceptCommands } from '../../../src/instances/commands.ts'
import { claimCommands } from '../../../src/instances/commands-claimed.ts'

export const owned = (instanceId: string) => ({ instanceId, epoch: 1 })

let place = 0
const chatOf = (nth: number) => `${100_000_000_000_000 + nth}@lid`

/** Each in a chat of its own; answers their ids, in the order of their turns. */
export async function accept(
  database: Database,
  instanceId: string,
  count = 1,
): Promise<readonly { id: string; chatId: string }[]> {
  const commands = Array.from({ length: count }, (): AcceptedCommand => {
    place += 1
    const chatId = chatOf(place)
    return {
      ...{ ...commandIds({ instanceId, key: `key ${place}` }), instanceId, digest: 'aa', operation: 'message.send', chatId },
      ...{ body: { chatId, kind: 'text', text: 'Olá!' }, askedAt: Date.now(), expiresAt: Date.now() + 86_400_000 },
      ...{ partition: 0, place: BigInt(place) },
    }
  })
  await writeTogether(database, acceptCommands(commands))
  return commands.map(({ commandId, chatId }) => ({ id: commandId, chatId }))
}

/** `turnAt`: of the account's next turn, where there is none now. Answers the ids of those that are claimed. */
export async function claim(
  database: Database,
  instanceId: string,
  { turns, turnAt = null }: { turns: number; turnAt?: number | null },
) {
  const next = { busy: [], limit: 10, turns, turnAt, firsts: { spacingMs: 0, perDay: 0 } }
  return (await claimCommands(database, owned(instanceId), next)).map(one => one.command_id)
}

/** For an hour, where nothing else is said. */
export const leave = (database: Database, instanceId: string, commandId: string, why: Partial<Parameters<typeof putOff>[1]>) =>
  putOff(database, { ...owned(instanceId), commandId, delayMs: 3_600_000, tries: null, turn: 'none', refusal: null, ...why })
