// What is told of a command that is over while nobody holds its account, or by whoever needs no account for it: its outcome, and what became of its file.
import type { Transaction } from '../database/database.ts'
import type { Event } from '../events/event.ts'
import { outcomeId } from './command-ids.ts'
import { chatOf } from './command-lanes.ts'
import type { EndedCommand } from './commands-at-work.ts'
import { uploadOutcome } from './upload-outcome.ts'

/** Within the transaction that ended it; `at`: epoch ms. */
export async function endEvents(
  tx: Transaction,
  { instance_id: instanceId, ...ended }: EndedCommand & { instance_id: string },
  at: number,
): Promise<readonly Event[]> {
  const beside = { instanceId, epoch: 0, sequence: 0, recordedAt: at }
  const upload = await uploadOutcome(tx, instanceId, ended)
  return [...(upload === null ? [] : [{ ...upload, ...beside }]), { ...outcomeFields(ended), ...beside }]
}

/** What the event of an outcome says, whoever tells it. */
export function outcomeFields({ event_id, chat_id, message_id, command_id, operation, tries, outcome }: EndedCommand) {
  const about = {
    eventId: outcomeId(event_id),
    occurredAt: outcome.at,
    chatId: chatOf(chat_id) || null,
    messageId: message_id === '' ? null : message_id,
    commandId: command_id,
    operation,
    tries,
  }
  if (outcome.type === 'command.completed') return { ...about, type: outcome.type, result: outcome.result ?? null }
  const { type, reason, reasonText, code } = outcome
  return { ...about, type, reason, reasonText, code }
}
