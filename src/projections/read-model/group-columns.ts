// What answers say of groups and of who is in them. What a group is are facts of its row; query-groups.ts selects these.
import type { Envelope, EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { type AnswerOf, type Column, type Columns, flag, instant, integer, text } from './columns.ts'
import { factText, readFromFacts } from './facts.ts'
import { canonicalAddress, phoneNumber } from './shown-addresses.ts'

type GroupEvent = EventOf<'group.updated'>
/** Who did it belongs to the event, and participants have a table of their own. */
type Said = Exclude<keyof GroupEvent, keyof Envelope | 'type' | 'groupId' | 'participants' | 'authorId' | 'authorPn' | 'origin'>

const ownerId = factText('g.facts', 'ownerId')

/** All that an event says of a group: a field of its schema that has no column does not compile. */
const saidColumns = {
  subject: text,
  description: text,
  ownerId: { ...text, select: canonicalAddress('g.instance_id', ownerId) },
  // By the pairs of addresses, so that it is never another owner's.
  ownerPn: { ...text, from: () => null, select: phoneNumber('g.instance_id', ownerId) },
  createdAt: { ...instant, from: ({ createdAt }) => (createdAt == null ? null : isoInstant(createdAt)) },
  announce: flag,
  restrict: flag,
  joinApproval: flag,
  memberAdd: flag,
  expiresInSeconds: integer,
  isCommunity: flag,
  parentGroupId: text,
  inviteCode: text,
  growthLocked: flag,
  suspended: flag,
  deleted: flag,
  pictureId: text,
} satisfies Record<Said, Column<GroupEvent>>

/** What is kept as facts. */
export const groupFacts: Columns<GroupEvent> = saidColumns

export const groupColumns = {
  instanceId: { is: 'text' },
  groupId: { is: 'text' },
  ...readFromFacts(saidColumns, 'g.facts'),
  participantCount: { is: 'integer', doc: 'How many are in it, as far as that was told.' },
  left: { is: 'flag', select: 'coalesce(own.is_out, false)', doc: 'true: the account itself left it, or was removed.' },
  updatedAt: { is: 'instant', doc: 'When something was last said of it, or of who is in it.' },
} satisfies Columns

/** Of somebody who is in a group; `p` has one row for each. */
export const participantColumns = {
  id: { is: 'text', doc: 'The LID where known, else the phone-number JID.' },
  pn: { ...text, select: phoneNumber('p.instance_id', 'p.id'), doc: 'Phone-number JID; null: not known.' },
  role: { is: 'text', doc: 'member, admin, superadmin.' },
  name: {
    ...text,
    select: `(select coalesce(c.name, c.push_name) from listed_contacts c where c.instance_id = p.instance_id and c.contact_id = p.id)`,
    doc: 'As contacts have it: in the phone’s address book, else by itself; null: not known.',
  },
} satisfies Columns

export type Participant = AnswerOf<typeof participantColumns>
