// Labels as they were last said to be, and what has them: of each chat or message whether it does, by the greatest (epoch, sequence).
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { factsOf, statesIn } from './facts.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { labelFacts } from './label-columns.ts'
import { isNewerThanOld, keyOf, latestByKey } from './stamp.ts'

type LabelEvent = EventOf<'label.changed'>

/** Whoever gets a label or loses it changes it, too, and nothing that is said of it. */
export const labelsIn = (schema: string): ((events: readonly LabelEvent[]) => Write) =>
  statesIn(schema, {
    table: 'labels',
    id: { column: 'label_id', of: event => event.labelId },
    facts: event => (event.on == null ? factsOf(labelFacts, event) : {}),
  })

export function labelLinksIn(schema: string): (events: readonly LabelEvent[]) => Write {
  const insert = insertInto(schema, 'label_links', columns, onConflict)
  return events => insert(latestByKey(events.filter(isLink), keyOfLink).map(toRow))
}

type Link = LabelEvent & { on: boolean; chatId: string }
const isLink = (event: LabelEvent): event is Link => event.on != null && event.chatId != null
const keyOfLink = (event: Link) => keyOf(event.instanceId, event.labelId, event.chatId, event.targetMessageId)

const columns = ['instance_id', 'label_id', 'chat_id', 'target_message_id', 'is_on', 'epoch', 'sequence', 'changed_by_event']

const onConflict = `on conflict (instance_id, chat_id, target_message_id, label_id) do update set
    is_on = excluded.is_on, epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where ${isNewerThanOld}`

const toRow = (event: Link): Row => ({
  instance_id: event.instanceId,
  label_id: event.labelId,
  chat_id: event.chatId,
  target_message_id: event.targetMessageId ?? '',
  is_on: event.on,
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})
