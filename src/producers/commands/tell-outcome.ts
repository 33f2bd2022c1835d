// What came of a command, as events: the message that it made, the call that it rejected, its file and its outcome, in one append. The same ones however often they are told.
import { completeAddresses } from '../../convert/complete-addresses.ts'
import { convertSent } from '../../convert/convert-sent.ts'
import type { Ignores, Offer } from '../../convert/draft.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Transaction } from '../../database/database.ts'
import { heardBy, outcomeFields } from '../../instances/command-outcome.ts'
import type { EndedCommand } from '../../instances/commands-at-work.ts'
import { uploadOutcome } from '../../instances/upload-outcome.ts'
import type { BuiltMessage } from './built-message.ts'
import { rejectedCall } from './rejected-call.ts'

type Of = {
  database: Transaction
  instanceId: string
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>
  ignores: Ignores
}

/** `built`: of one that is done; null: it cannot be opened. */
export async function outcomeEvents(of: Of, command: EndedCommand, built: BuiltMessage | null): Promise<readonly Offer[]> {
  const { database, instanceId, known, ignores } = of
  const { command_id, message_id, outcome } = command
  const made =
    outcome.type === 'command.completed' && built !== null
      ? convertSent({ ...built, ...outcome, instanceId, commandId: command_id, messageId: message_id }, ignores)
      : []
  const call = rejectedCall(instanceId, command)
  const ofCall = call === null || ignores(call.chatId) ? [] : [call]
  const told = [await uploadOutcome(database, instanceId, command), outcomeFields(command)].filter(one => one !== null)
  const shown: Offer[] = []
  for (const offer of [...made, ...ofCall, ...told.map(one => ({ ...heardBy(one, ignores), instanceId }))])
    shown.push(await completeAddresses(offer, known))
  return shown
}
