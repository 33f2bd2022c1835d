// Messages that a client names to tell their authors something of: the account received each of them.
import type { Transaction } from '../../database/database.ts'
import type { NamedMessage } from '../../events/operations/chats.ts'
import type { MessageAnswer } from '../../projections/read-model/queries.ts'
import { refuseFields } from '../invalid-input.ts'
import type { Problem } from '../problems.ts'
import { demandMessage, namedOf } from './known-chat.ts'

type Asked = { instanceId: string; chatId: string; messageIds: readonly string[] }
/** `place`: among those that are named. Throws Problem. */
type Demand = (place: number, found: MessageAnswer) => void

/** The way phones know them. Throws Problem. */
export async function namedIn(
  database: Transaction,
  { instanceId, chatId, messageIds }: Asked,
  demand: Demand = () => undefined,
): Promise<NamedMessage[]> {
  const messages = []
  for (const [place, messageId] of messageIds.entries()) {
    const found = await demandMessage(database, { instanceId, messageId, chatId })
    if (found.fromMe) throw refuse(place, 'a message that the account received', JSON.stringify(messageId))
    demand(place, found)
    messages.push(namedOf(found))
  }
  return messages
}

export const demandPlayable: Demand = (place, { kind, viewOnce }) => {
  if (kind !== 'voice' && kind !== 'ptv' && viewOnce !== true)
    throw refuse(place, 'a voice note, a round video, or a message to be viewed once', `one of kind ${kind}`)
}

const refuse = (place: number, expected: string, received: string): Problem =>
  refuseFields('pointer', [{ pointer: `/messageIds/${place}`, expected, received }])
