// One change of a group, as events: what it is (group.updated), who is in it (group.participants-changed), who asks to be
// (group.join-requested), and what belongs to a community.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { envelopeOf } from '../draft.ts'
import { type GroupFields, groupFieldsIn, groupIdIn } from './group-fields.ts'
import { authorOf, type GroupPerson, peopleIn } from './group-people.ts'
import { childrenOf } from './nodes.ts'
import type { ConvertChild, Notification, Said } from './said.ts'

export const groupChange: ConvertChild = (child, of) => {
  switch (child.tag) {
    case 'add':
    case 'remove':
    case 'promote':
    case 'demote':
    case 'leave':
    case 'modify':
      return people(child, of)
    case 'created_membership_requests':
    case 'revoked_membership_requests':
      return joinRequest(child, of)
    case 'link':
      return linked(child.attrs.link_type, child, of)
    case 'unlink':
      return linked(child.attrs.unlink_type, child, of)
    default: {
      const fields = groupFieldsIn(child)
      return fields === null ? null : [updated(of, of.origin.stanza.chat.id, fields)]
    }
  }
}

export const updated =
  (of: Notification, groupId: string, fields: GroupFields): Said =>
  origin => ({
    ...envelopeOf('group.updated', origin),
    ...{ chatId: groupId, groupId },
    ...fields,
    ...authorOf(of),
    origin: 'change',
  })

function people(child: BinaryNode, of: Notification): readonly Said[] | null {
  const participants = peopleIn(child, 'participant')
  if (participants.length === 0) return null
  const groupId = of.origin.stanza.chat.id
  const action = child.tag === 'remove' && isOnlyAuthor(participants, of) ? 'leave' : child.tag
  const fields = { groupId, action, participants, ...authorOf(of), reason: child.attrs.reason ?? null }
  return [origin => ({ ...envelopeOf('group.participants-changed', origin), chatId: groupId, ...fields })]
}

/** One who leaves removes themselves. */
function isOnlyAuthor([first, second]: readonly GroupPerson[], of: Notification): boolean {
  return first !== undefined && second === undefined && isAuthor(first, of)
}

function isAuthor({ id, pn }: GroupPerson, of: Notification): boolean {
  const { authorId, authorPn } = authorOf(of)
  return authorId !== null && (id === authorId || (authorPn !== null && (id === authorPn || pn === authorPn)))
}

/** Where nobody is named, whoever the notification is from asks for themselves. */
function joinRequest(child: BinaryNode, of: Notification): readonly Said[] | null {
  const named = peopleIn(child, 'participant', 'requested_user')
  const { authorId, authorPn } = authorOf(of)
  const participants = named.length > 0 || authorId === null ? named : [{ id: authorId, pn: authorPn, role: null }]
  if (participants.length === 0) return null
  const groupId = of.origin.stanza.chat.id
  const isTakenBack = participants.every(person => isAuthor(person, of))
  const action = child.tag === 'created_membership_requests' ? 'created' : isTakenBack ? 'revoked' : 'rejected'
  const fields = { groupId, action, participants, method: child.attrs.request_method ?? null, authorId, authorPn }
  return [origin => ({ ...envelopeOf('group.join-requested', origin), chatId: groupId, ...fields })]
}

/** In a group its community is named (parent_group), in a community its groups (sub_group). Empty: none any more. */
function linked(type: string | undefined, child: BinaryNode, of: Notification): readonly Said[] | null {
  const groups = childrenOf(child)
    .filter(({ tag }) => tag === 'group')
    .flatMap(group => groupIdIn(group) ?? [])
  const here = of.origin.stanza.chat.id
  const isLink = child.tag === 'link'
  const [parent] = groups
  if (parent === undefined) return null
  if (type === 'parent_group') return [updated(of, here, { parentGroupId: isLink ? parent : '' })]
  if (type !== 'sub_group') return null
  return groups.map(groupId => updated(of, groupId, { parentGroupId: isLink ? here : '' }))
}
