// Makes the rows of commands, which whoever holds the account works off. What was done of them is not in their records, so that nothing of it
// is made again.
import type { EventOf } from '../../events/event.ts'
import { isSent } from '../../events/operations.ts'
import { storableId } from '../../events/storable-ids.ts'
import { messageIdOf } from '../../instances/command-ids.ts'
import { type AcceptedCommand, acceptCommands, goOnBehind } from '../../instances/commands.ts'
import type { Placed, Projection } from '../projection.ts'
import { readableBody } from './readable-body.ts'

export const commands: Projection = {
  name: 'commands',
  version: 1,
  begins: 'where-the-version-before-ends',
  reads: ['commands'],
  gather: () => ({
    reads: [],
    decide: (_, fresh) => {
      const { firsts, later } = partFirsts(fresh.flatMap(acceptedIn))
      return {
        writes: acceptCommands(firsts),
        afterwards: [goOnBehind(firsts), ...later.flatMap(one => acceptCommands([one]))],
        emissions: [],
      }
    },
  }),
}

/** A statement takes one record of a command; where another writer made several, each comes after those before it, as it would in steps of its own. */
function partFirsts(accepted: readonly AcceptedCommand[]) {
  const names = new Set<string>()
  const isFirst = ({ instanceId, commandId }: AcceptedCommand) => {
    const name = JSON.stringify([instanceId, commandId])
    return !names.has(name) && names.add(name).size > 0
  }
  const { firsts = [], later = [] } = Object.groupBy(accepted, one => (isFirst(one) ? 'firsts' : 'later'))
  return { firsts, later }
}

const acceptedIn = ({ event, position, traceparent }: Placed): readonly AcceptedCommand[] =>
  event.type === 'command.accepted' ? [{ ...acceptedOf(event, position), ...(traceparent !== undefined && { traceparent }) }] : []

/** Whatever another writer puts there is a row that its owner can refuse, and keeps no other command of the account waiting. */
const acceptedOf = (event: EventOf<'command.accepted'>, { partition, nextOffset }: Placed['position']): AcceptedCommand => ({
  instanceId: event.instanceId,
  commandId: storableId(event.commandId),
  digest: event.digest,
  eventId: event.eventId,
  ...{ partition, place: nextOffset },
  operation: event.operation,
  chatId: storableId(event.chatId ?? ''),
  messageId: isSent(event.operation) ? messageIdOf(event.commandId) : '',
  body: readableBody(event.body),
  askedAt: storableInstant(event.occurredAt),
  expiresAt: storableInstant(event.expiresAt),
})

/** What a Date can be, from 1970 on. */
const storableInstant = (at: number): number => Math.min(Math.max(at, 0), 8.64e15)
