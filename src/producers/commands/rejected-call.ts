// What became of a call that a command rejected: WhatsApp tells that to who calls and to the account's other devices, and not to the one that asked.
import type { OfferOf } from '../../convert/draft.ts'
import { derivedId } from '../../events/ids.ts'
import { operations } from '../../events/operations.ts'
import { outcomeId } from '../../instances/command-ids.ts'
import type { EndedCommand } from '../../instances/commands-at-work.ts'

/** As its other devices would hear it, once WhatsApp took it. null: the command rejected none. */
export function rejectedCall(
  instanceId: string,
  { operation, outcome, ...command }: EndedCommand,
): OfferOf<'call.updated'> | null {
  const rejected = operation === 'call.reject' ? operations[operation].safeParse(command.body).data : undefined
  if (rejected === undefined || outcome.type !== 'command.completed') return null
  const { callId, callerId, groupId = null } = rejected
  const type = 'call.updated'
  return {
    eventId: derivedId({ sourceId: outcomeId(command.event_id), by: 'commands', type, round: 1, ordinal: 0 }),
    ...{ type, instanceId, occurredAt: outcome.at, chatId: groupId ?? callerId, senderId: callerId, fromMe: false },
    ...{ callId, status: 'rejected', groupId, isGroup: groupId !== null },
  }
}
