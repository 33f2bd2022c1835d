// Makes the rows of commands, which whoever holds the account works off. What was done of them is not in their records, so that nothing of it
// is made again.
import type { EventOf } from '../../events/event.ts'
import { storableId } from '../../events/storable-ids.ts'
import { messageIdOf } from '../../instances/command-ids.ts'
import { type AcceptedCommand, acceptCommands } from '../../instances/commands.ts'
import type { Placed, Projection } from '../projection.ts'

export const commands: Projection = {
  name: 'commands',
  version: 1,
  begins: 'where-the-version-before-ends',
  reads: ['commands'],
  gather: () => ({
    reads: [],
    decide: (_, fresh) => ({ writes: [acceptCommands(fresh.flatMap(acceptedIn))], afterwards: [], emissions: [] }),
  }),
}

const acceptedIn = ({ event, position }: Placed): readonly AcceptedCommand[] =>
  event.type === 'command.accepted' ? [acceptedOf(event, position.nextOffset)] : []

const acceptedOf = (event: EventOf<'command.accepted'>, place: bigint): AcceptedCommand => ({
  instanceId: event.instanceId,
  commandId: event.commandId,
  digest: event.digest,
  eventId: event.eventId,
  place,
  operation: event.operation,
  chatId: storableId(event.chatId ?? ''),
  messageId: messageIdOf(event.commandId),
  body: JSON.parse(event.body),
  expiresAt: event.expiresAt,
})
