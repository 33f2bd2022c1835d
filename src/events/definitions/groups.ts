// Who is in groups, who wants in, and what else they are; channels.
import { type EventShape, field, list, optional, personal, record } from '../schema-fields.ts'
import { origin } from './origin.ts'

const groupId = field('string', 'The group’s JID (…@g.us), also in chatId.')
const copy = 'A copy under the same eventId where WhatsApp delivers the notification again.'
const authorId = personal(optional('string', 'Who did it, without device: the LID where known; null: not said.'))
const authorPn = personal(optional('string', 'Phone-number JID of who did it; null: not known.'))

export const groupParticipant = record('GroupParticipant', 'Somebody in a group, or who was.', {
  id: field('string', 'JID without device: the LID where known, else the phone-number JID.'),
  pn: optional('string', 'Phone-number JID; null: not known.'),
  role: optional('string', 'member, admin, superadmin; null: not said.'),
})

/** What did not change is null. */
export const groupFields = {
  groupId,
  subject: personal(optional('string', 'What it is called; null: not said.')),
  description: personal(optional('string', 'Its description, empty where it has none or that was deleted; null: not said.')),
  ownerId: personal(optional('string', 'Who made it, without device; null: not said.')),
  ownerPn: personal(optional('string', 'Phone-number JID of who made it; null: not known.')),
  createdAt: optional('instant', 'When it was made; null: not said.'),
  announce: optional('boolean', 'true: only admins write; null: not said.'),
  restrict: optional('boolean', 'true: only admins change what it is called and the like; null: not said.'),
  joinApproval: optional('boolean', 'true: an admin has to let people in; null: not said.'),
  memberAdd: optional('boolean', 'true: every member may add others; false: admins alone; null: not said.'),
  expiresInSeconds: optional('int', 'Disappearing messages: after how many seconds; 0: off; null: not said.'),
  isCommunity: optional('boolean', 'true: a community, whose groups name it as their parent; null: not said.'),
  parentGroupId: optional('string', 'The community that it belongs to, empty where it belongs to none; null: not said.'),
  inviteCode: personal(
    optional('string', 'The code of its invite link, where that was made anew; null: not said. Whoever has it can join.'),
  ),
  growthLocked: optional('boolean', 'true: WhatsApp lets nobody join by a link for a while; null: not said.'),
  suspended: optional('boolean', 'true: WhatsApp suspended it; null: not said.'),
  deleted: optional('boolean', 'true: it is no more; null: it is.'),
  pictureId: personal(optional('string', 'The id of its picture, empty where that was removed; null: not said.')),
  participants: personal({
    type: { optional: { array: groupParticipant } },
    doc: 'Everybody in it, by their ids, where all of it was told; null: not said.',
  }),
  authorId,
  authorPn,
  origin,
}

export const groupEvents: readonly EventShape[] = [
  {
    type: 'group.updated',
    doc: 'A group was made or changed, or what it is became known; what did not change is left out. State: the greatest (epoch, sequence) wins.',
    when: 'WhatsApp notified of a group that was made or changed, or a list of the account’s groups differs from what was appended last; or the phone’s history says what it is.',
    again: copy,
    not: 'Who joins or leaves, which is group.participants-changed; groups that the settings ignore.',
    fields: groupFields,
  },
  {
    type: 'group.participants-changed',
    doc: 'People joined a group, left it, were removed, or became admins or no admins any more.',
    when: 'WhatsApp notified of it.',
    again: copy,
    not: 'Requests to join, which are group.join-requested; groups that the settings ignore.',
    fields: {
      groupId,
      action: field(
        'string',
        'add, remove, promote, demote, leave, modify (another number or address: authorId is who they were, and not in the group any more); consumers must accept new ones.',
      ),
      participants: personal(list(groupParticipant, 'Whom it is about, at least one.')),
      authorId,
      authorPn,
      reason: optional('string', 'How, where WhatsApp says so (invite, linked_group_join …); null: not said.'),
    },
  },
  {
    type: 'group.join-requested',
    doc: 'Somebody asked to join a group, took that back, or was refused.',
    when: 'WhatsApp notified the account, which is an admin, of it.',
    again: copy,
    not: 'Who was let in: that is group.participants-changed.',
    fields: {
      groupId,
      action: field('string', 'created, revoked, rejected; consumers must accept new ones.'),
      participants: personal(list(groupParticipant, 'Who asked, at least one.')),
      method: optional('string', 'How: invite_link, linked_group_join, non_admin_add; null: not said.'),
      authorId,
      authorPn,
    },
  },
  {
    type: 'newsletter.updated',
    doc: 'Something about a channel that the account follows changed; what did not is left out.',
    when: 'WhatsApp notified of a channel’s name, description, state, settings, or of the account’s place in it.',
    again: copy,
    not: 'Posts, which are messages; views and reactions of posts, which are unknown.',
    fields: {
      newsletterId: field('string', 'The channel’s JID (…@newsletter), also in chatId.'),
      name: personal(optional('string', 'What it is called; null: not said.')),
      description: personal(optional('string', 'Its description; null: not said.')),
      state: optional('string', 'active, suspended, geosuspended, deleted …; null: not said.'),
      role: optional('string', 'What the account is in it: guest, subscriber, admin, owner; null: not said.'),
      muted: optional('boolean', 'Whether the account muted it; null: not said.'),
      authorId,
    },
  },
]
