// Brings messages and what was said about them together, in whichever order they came: the last edit, the first revoke, and the best copy in place
// of the others. Only a message's own sender edits it; a group's admin may revoke it. What could not be opened at first goes once it is.
// Most messages are never spoken of: which are is read beside all else, and only those are settled.
import { asRows, type Found, type Read, type Write } from '../../database/statement-parts.ts'
import type { Row } from './insert-rows.ts'
import { messageIdOf, senderOf } from './message-columns.ts'
import { settleStatements } from './settle-statements.ts'
import type { MessageEvent, SortedEvents } from './sort-events.ts'
import { keyOf } from './stamp.ts'

/** All messages of one instance with this id: ids are chosen by senders, two chats may have the same. */
export type MessageKey = { instance_id: string; message_id: string }

export type Settling = {
  reads: readonly Read<unknown>[]
  /** To be done behind the rows of these events, of whose instances alone; without rows where there is nothing to settle. */
  writesFor(found: Found, sorted: SortedEvents, instanceIds: ReadonlySet<string>): readonly Write[]
}

/** In the tables of one schema. Of everything that comes with these events, and of messages that waited for one of the address pairs. */
export function settlingIn(schema: string): (sorted: Messages, pairs: readonly Row[]) => Settling {
  const statements = settleStatements(schema)
  return (asked, pairs) => {
    const sought = [...asSought(messagesIn(asked)), ...openedAmong(asked).map(toSeal)]
    const spokenOf: Read<MessageKey & Spoken> = {
      sql: statements.spokenOf,
      values: [asRows(sought)],
      isEmpty: sought.length === 0,
    }
    const unsettled: Read<MessageKey> = { sql: statements.unsettled, values: [asRows(pairs)], isEmpty: pairs.length === 0 }
    return {
      reads: [spokenOf, unsettled],
      writesFor: (found, sorted, instanceIds) => {
        const spoken = found(spokenOf).filter(one => instanceIds.has(one.instance_id))
        const waited = found(unsettled).filter(one => instanceIds.has(one.instance_id))
        const replaced = uniqueKeys([
          ...spoken.filter(one => one.copied),
          ...repeated(messagesIn(sorted).map(keyOfMessage)),
          ...waited,
        ])
        const targets = [...sorted.edits, ...sorted.revokes].map(keyOfTarget)
        const changed = uniqueKeys([...spoken.filter(one => one.changed), ...targets, ...waited])
        const sealed = new Set(
          [...spoken.filter(one => one.copied), ...sorted.messages.filter(isProvisional).map(keyOfMessage)].map(nameOf),
        )
        const opened = openedAmong(sorted)
          .map(toSeal)
          .filter(seal => sealed.has(nameOf(seal)))
        return [
          settle(statements.replaceWorse, replaced),
          settle(statements.applyChanges, changed),
          settle(statements.dropOpened, opened),
        ]
      },
    }
  }
}

type Messages = Pick<SortedEvents, 'messages' | 'history' | 'edits' | 'revokes' | 'reactions' | 'votes'>
type Spoken = { changed: boolean; copied: boolean }

const messagesIn = ({ messages, history }: Messages): readonly MessageEvent[] => [...messages, ...history]

/** What may have come sealed, and been told of as that under the same id before. */
const openedAmong = ({ edits, reactions, votes }: Messages): readonly Opened[] =>
  [...edits, ...reactions, ...votes].flatMap(({ messageId, ...event }) => (messageId == null ? [] : [{ ...event, messageId }]))

type Opened = SortedEvents['edits' | 'reactions' | 'votes'][number] & { messageId: string }

/** By whichever address either was told of. */
const toSeal = (event: Opened): MessageKey & Row => ({
  instance_id: event.instanceId,
  message_id: event.messageId,
  chats: [event.chatId, event.chatPn],
  senders: [senderOf(event), event.senderPn],
  from_me: event.fromMe ?? false,
  epoch: event.epoch,
  sequence: event.sequence,
})

/** What gives way looks for any copy; the others only for those that give way. */
const asSought = (events: readonly MessageEvent[]): readonly Row[] =>
  [...Map.groupBy(events, event => nameOf(keyOfMessage(event))).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...keyOfMessage(first), is_provisional: [first, ...others].some(isProvisional) }],
  )

const isProvisional = ({ type }: MessageEvent): boolean => type === 'message.history' || type === 'message.undecryptable'

const settle = (sql: string, keys: readonly (MessageKey & Row)[]): Write => ({
  sql,
  values: [asRows(keys)],
  isEmpty: keys.length === 0,
})

const keyOfMessage = (event: MessageEvent): MessageKey => ({
  instance_id: event.instanceId,
  message_id: messageIdOf(event),
})
const keyOfTarget = (event: SortedEvents['edits' | 'revokes'][number]): MessageKey => ({
  instance_id: event.instanceId,
  message_id: event.targetMessageId,
})

const nameOf = ({ instance_id, message_id }: MessageKey): string => keyOf(instance_id, message_id)

/** Each once. */
export const uniqueKeys = (keys: readonly MessageKey[]): readonly MessageKey[] => [
  ...new Map(keys.map(({ instance_id, message_id }) => [keyOf(instance_id, message_id), { instance_id, message_id }])).values(),
]

/** Those that are there more than once. */
const repeated = (keys: readonly MessageKey[]): readonly MessageKey[] =>
  [...Map.groupBy(keys, nameOf).values()].flatMap(([first, ...others]) =>
    first === undefined || others.length === 0 ? [] : [first],
  )
