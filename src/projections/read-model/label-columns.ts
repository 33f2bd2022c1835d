// What answers say of labels; rows of the table are `b`. What a label is are facts of its row.
import { boundedCount, MOST_SHOWN, upToMostShown } from '../../database/bounded-count.ts'
import type { EventOf } from '../../events/event.ts'
import { type Columns, integer, text } from './columns.ts'
import { readFromFacts } from './facts.ts'
import { canonicalAddress } from './shown-addresses.ts'

type LabelEvent = EventOf<'label.changed'>

const saidColumns = {
  name: { ...text, doc: 'What it is called; null: not said.' },
  color: { ...integer, doc: 'Its colour, by its place in WhatsApp’s palette; null: not said.' },
} satisfies Columns

/** What is kept as facts of an event about the label itself. */
export const labelFacts: Columns<LabelEvent> = {
  ...saidColumns,
  deleted: { is: 'flag', from: event => event.deleted === true },
}

const MOST_CHATS = 1_000

const isOwn = `not exists (
      select from address_pairs later where later.instance_id = a.instance_id and later.pn = a.pn
        and (later.occurred_at, later.lid) > (a.occurred_at, a.lid))`

/**
 * Whether nothing newer was said of link x under another address of the chat; a number that is another one's by now is none. `offset 0`:
 * looked up for each by itself.
 */
const isLastWord = `not exists (
  select from (
    select a.pn as address from address_pairs a where a.instance_id = x.instance_id and a.lid = x.chat_id and ${isOwn}
    union all select a.lid from address_pairs a where a.instance_id = x.instance_id and a.pn = x.chat_id and ${isOwn}) a
  cross join lateral (
    select from label_links other
    where other.instance_id = x.instance_id and other.chat_id = a.address and other.target_message_id = x.target_message_id
      and other.label_id = x.label_id and (other.epoch, other.sequence) > (x.epoch, x.sequence) offset 0) newer
  offset 0)`

const chatsOfLabel = `(
  select coalesce(json_agg(${canonicalAddress('x.instance_id', 'x.chat_id')} order by x.epoch desc, x.sequence desc, x.chat_id desc), '[]')
  from (
    select * from label_links x
    where x.instance_id = b.instance_id and x.label_id = b.label_id and x.is_on and x.target_message_id = '' and ${isLastWord}
    order by x.epoch desc, x.sequence desc, x.chat_id desc limit ${MOST_CHATS}) x)`

const messagesOfLabel = boundedCount(
  `1 from label_links x where x.instance_id = b.instance_id and x.label_id = b.label_id and x.is_on and x.target_message_id <> '' and ${isLastWord}`,
  MOST_SHOWN,
)

export const labelColumns = {
  instanceId: { is: 'text' },
  labelId: { is: 'text' },
  ...readFromFacts(saidColumns, 'b.facts'),
  chats: {
    is: 'texts',
    select: chatsOfLabel,
    doc: `Ids of the chats that have it, those first that got it last; at most ${MOST_CHATS.toLocaleString('en')}. Each chat says its labels, too.`,
  },
  messages: { is: 'integer', select: messagesOfLabel, doc: `How many messages have it, up to ${upToMostShown}.` },
} satisfies Columns
