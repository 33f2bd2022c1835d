// Who is sent a status, or what is done to one: fixed when it is taken, and kept with it, so that every try goes to the same people.

import type { Known } from '../../events/command-bodies/known.ts'
import { type Contacts, MAX_AUDIENCE } from '../../events/command-bodies/statuses.ts'
import { keptBodyIn, type MessageBody } from '../../events/command-bodies.ts'
import { bodyOfSent } from '../../instances/commands.ts'
import { canonicalAddresses, listContactAddresses } from '../../projections/read-model/queries.ts'
import type { Of } from './complete-body.ts'
import { refuseField } from './find-message.ts'

/** Throws Problem where nobody would be sent it. */
export async function findAudience(of: Of, body: MessageBody, { target }: Known): Promise<string[]> {
  if (target?.senderId && !target.fromMe) return [target.senderId]
  if (body.kind === 'delete') return (await sentTo(of, body.targetMessageId)) ?? contactsOf(of, 'known')
  const audience = 'audience' in body ? body.audience : undefined
  return audience?.chatIds === undefined ? contactsOf(of, audience?.contacts ?? 'saved') : namedIn(of, audience.chatIds)
}

/** null: it was no command’s, or is forgotten; whoever posted it knows. */
async function sentTo({ database, instanceId }: Of, messageId: string): Promise<string[] | null> {
  return keptBodyIn(await bodyOfSent(database, { instanceId, messageId }))?.known?.audience ?? null
}

async function contactsOf({ database, instanceId }: Of, contacts: Contacts): Promise<string[]> {
  const found = await listContactAddresses(database, { instanceId, isSaved: contacts === 'saved', limit: MAX_AUDIENCE })
  if (found.length > 0) return [...found]
  const expected = contacts === 'saved' ? 'names in the account’s address book, or {chatIds}, or {contacts: known}' : '{chatIds}'
  throw refuseField('audience', expected, 'nobody whom zaplog knows')
}

const namedIn = async ({ database, instanceId }: Of, chatIds: readonly string[]): Promise<string[]> => [
  ...new Set(await canonicalAddresses(database, { instanceId, addresses: chatIds })),
]
