// What is written keeps to the timer that its chat has when it is built, and not when it was asked for: one that waited before it may have been cancelled
// or refused meanwhile, and a phone may have set another.
import { isAboutMessage } from '../../events/command-bodies/about-messages.ts'
import { isStatusAddress } from '../../events/command-bodies/addresses.ts'
import { type KeptBody, keptBodyIn } from '../../events/command-bodies.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Owned } from '../../instances/instance-owners.ts'

/** In seconds; null: what is written there does not disappear. */
export type ChatTimer = (of: { instanceId: string; chatId: string }) => Promise<number | null>

type Deps = {
  owned: Owned
  chatTimer: ChatTimer
  outlasting<T>(doing: string, work: () => Promise<T>): Promise<T>
}

/** Its body. What is none, or keeps to no timer, stays as it is. */
export async function withTimer({ owned, chatTimer, outlasting }: Deps, command: Pick<ClaimedCommand, 'body'>): Promise<unknown> {
  const body = keptBodyIn(command.body)
  if (body === null || !keepsToTimer(body)) return command.body
  const of = { instanceId: owned.instanceId, chatId: body.chatId }
  const seconds = await outlasting('reading the timer of a chat', () => chatTimer(of))
  const { expiresInSeconds: _before, ...known } = body.known ?? {}
  return { ...body, known: { ...known, ...(seconds !== null && { expiresInSeconds: seconds }) } }
}

/** What is done to a message goes with that. */
const keepsToTimer = (body: KeptBody): boolean => !isAboutMessage(body) && body.kind !== 'timer' && !isStatusAddress(body.chatId)
