// Pins, stars and deletions as they were said, whether or not their message was projected yet; mark-messages.ts brings both together.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto } from './insert-rows.ts'
import { type SaidOfMessage, setNewer, targetColumns, targetRow } from './said-of-message.ts'
import { greatestByKey, isAfter, isLater, isLaterThanOld, isNewerThanOld, keyOf, type Stamped } from './stamp.ts'

export type Pin = SaidOfMessage & Pick<EventOf<'message.pinned'>, 'on' | 'untilAt'>
export type Star = SaidOfMessage & Pick<EventOf<'message.starred'>, 'on'>
export type Deletion = SaidOfMessage

/** Anybody's last word. */
export function pinsIn(schema: string): (pins: readonly Pin[]) => Write {
  const insert = insertInto(
    schema,
    'message_pins',
    [...columns, 'is_on', 'until_at'],
    onConflict(['is_on', 'until_at'], isLaterThanOld),
  )
  return pins => insert(greatestByKey(pins, keyOfOne).map(toPin))
}

/** State of the account: when it is said to have been decides nothing. */
export function starsIn(schema: string): (stars: readonly Star[]) => Write {
  const insert = insertInto(schema, 'message_stars', [...columns, 'is_on'], onConflict(['is_on'], isNewerThanOld))
  return stars => insert(greatestByKey(stars, keyOfOne, isAfter).map(star => ({ ...toRow(star), is_on: star.on })))
}

/** The first: nothing takes a deletion back. */
export function deletionsIn(schema: string): (deletions: readonly Deletion[]) => Write {
  const isEarlier = '(excluded.occurred_at, excluded.epoch, excluded.sequence) < (old.occurred_at, old.epoch, old.sequence)'
  const insert = insertInto(schema, 'message_deletions', columns, onConflict([], isEarlier))
  const comesBefore = (one: Stamped, other: Stamped) => isLater(other, one)
  return deletions => insert(greatestByKey(deletions, keyOfOne, comesBefore).map(toRow))
}

const columns = [...targetColumns, 'target_sender_id']

const keyOfOne = (said: SaidOfMessage) => keyOf(said.instanceId, said.targetMessageId, said.chatId, said.targetSenderId)

const onConflict = (others: readonly string[], wins: string) =>
  `on conflict (instance_id, target_message_id, chat_id, target_sender_id) do update set ${setNewer(others)} where ${wins}`

const toRow = (said: SaidOfMessage) => ({ ...targetRow(said), target_sender_id: said.targetSenderId ?? '' })

const toPin = (pin: Pin) => ({
  ...toRow(pin),
  is_on: pin.on,
  until_at: pin.untilAt == null ? null : isoInstant(pin.untilAt),
})
