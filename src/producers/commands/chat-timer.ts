// What is written keeps to the timer that its chat has when it is built, and not when it was asked for: one that waited before it may have been cancelled
// or refused meanwhile, and a phone may have set another.
import type { Transaction } from '../../database/database.ts'
import { isAboutMessage } from '../../events/command-bodies/about-messages.ts'
import { isStatusAddress } from '../../events/command-bodies/addresses.ts'
import { type KeptBody, keptBodyIn } from '../../events/command-bodies.ts'
import type { ChatTimer, ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Owned } from '../../instances/instance-owners.ts'

type Deps = {
  database: Transaction
  owned: Owned
  chatTimer: ChatTimer
  outlasting<T>(doing: string, work: () => Promise<T>): Promise<T>
}
type Of = Pick<ClaimedCommand, 'body' | 'timer_seconds'>

/** Its body. `isAnew`: time has passed since it was claimed, as its file was brought. What is none, or keeps to no timer, stays as it is. */
export async function withTimer(deps: Deps, command: Of, { isAnew }: { isAnew: boolean }): Promise<unknown> {
  const body = keptBodyIn(command.body)
  if (body === null || !keepsToTimer(body)) return command.body
  const seconds = isAnew ? await readTimer(deps, body.chatId) : command.timer_seconds
  const { expiresInSeconds: _before, ...known } = body.known ?? {}
  return { ...body, known: { ...known, ...(seconds !== null && { expiresInSeconds: seconds }) } }
}

async function readTimer({ database, owned, chatTimer, outlasting }: Deps, chatId: string): Promise<number | null> {
  const sql = `select ${chatTimer('$1::text', '$2::text')} as seconds`
  const reading = () => database.query<{ seconds: number | null }>(sql, [owned.instanceId, chatId])
  const [row] = await outlasting('reading the timer of a chat', reading)
  return row?.seconds ?? null
}

/** What is done to a message goes with that. */
const keepsToTimer = (body: KeptBody): boolean => !isAboutMessage(body) && body.kind !== 'timer' && !isStatusAddress(body.chatId)
