// The ids of a command, all of them made of its instance and key: whoever asks again asks for the same.
import { createHash } from 'node:crypto'
import { derivedId, requestId } from '../events/ids.ts'

export type CommandIds = {
  commandId: string
  /** Of its command.accepted. */
  eventId: string
  /** What WhatsApp calls its message: fixed before the first try. */
  messageId: string
}

/** `key`: the Idempotency-Key. */
export function commandIds({ instanceId, key }: { instanceId: string; key: string }): CommandIds {
  const commandId = requestId({ instanceId, type: 'command', requestId: key })
  return {
    commandId,
    eventId: requestId({ instanceId, type: 'command.accepted', requestId: key }),
    messageId: messageIdOf(commandId),
  }
}

/** 3EB0 and 18 hex digits, as WhatsApp Web's are (Baileys lib/Utils/generics.js, generateMessageIDV2). */
export const messageIdOf = (commandId: string): string =>
  `3EB0${createHash('sha256').update(commandId).digest('hex').slice(0, 18).toUpperCase()}`

/** Of what came of it: one, whoever tells it and however often. */
export const outcomeId = (acceptedEventId: string): string =>
  derivedId({ sourceId: acceptedEventId, by: 'commands', type: 'outcome', round: 1, ordinal: 0 })
