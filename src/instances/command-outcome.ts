// What is told of a command that is over while nobody holds its account, or by whoever needs no account for it: its outcome, and what became of its file.
import type { Transaction } from '../database/database.ts'
import type { Event } from '../events/event.ts'
import { ignoredAs } from '../events/ignored-chats.ts'
import type { Traces } from '../runtime/traces.ts'
import { carryOutcomes } from './carry-outcomes.ts'
import { outcomeId } from './command-ids.ts'
import { chatOf } from './command-lanes.ts'
import type { EndedCommand } from './commands-at-work.ts'
import { settingsOfMany } from './instance-ids.ts'
import { oweAll } from './outbox.ts'
import { uploadOutcomes } from './upload-outcome.ts'

type Ended = EndedCommand & { instance_id: string }

/** Of each its file first, then itself; within the transaction that ended them. `at`: epoch ms. Answers the rows of what is owed, in this order. */
export async function oweEnds(deps: OweDeps, tx: Transaction, ended: readonly Ended[], at: number): Promise<readonly string[]> {
  const told = await endsOf(tx, ended, at)
  return carryOutcomes(deps.traces, told, () =>
    oweAll(
      deps,
      tx,
      told.flatMap(one => one.events),
    ),
  )
}

export type OweDeps = Parameters<typeof oweAll>[0] & {
  /** null or left out: nobody traces. */
  traces?: Traces | null
}

async function endsOf(tx: Transaction, ended: readonly Ended[], at: number) {
  const uploads = await uploadOutcomes(tx, ended)
  const settings = await settingsOfMany(tx, [...new Set(ended.map(one => one.instance_id))])
  return ended.map((command, nth) => {
    const beside = { instanceId: command.instance_id, epoch: 0, sequence: 0, recordedAt: at }
    const chosen = settings.get(command.instance_id)
    const isLeftOut = (chat: string | null) => chat !== null && chosen !== undefined && ignoredAs(chosen, chat) !== null
    const upload = uploads[nth] ?? null
    const said = [...(upload === null ? [] : [heardBy(upload, isLeftOut)]), heardBy(outcomeFields(command), isLeftOut)]
    const events = said.map((one): Event => ({ ...one, ...beside }))
    return { events, traceparent: command.traceparent }
  })
}

/** Whoever asked hears of it, whatever the settings leave out: of a chat that is left out it says no chat. */
export const heardBy = <Said extends { chatId: string | null }>(
  said: Said,
  isLeftOut: (chat: string | null) => boolean,
): Said & { chatId: string | null } => (isLeftOut(said.chatId) ? { ...said, chatId: null } : said)

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
