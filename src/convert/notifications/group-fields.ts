// What a group is, of one child of a notification: pure tables of what each tag says (parseGroupChange and parseGroupNode in whatsmeow group.go,
// handleGroupNotification in Baileys lib/Socket/messages-recv.js).
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Envelope, EventOf } from '../../events/event.ts'
import { bareJid, isGroup } from '../jid.ts'
import { pairOf } from '../stanza-identity.ts'
import { peopleIn } from './group-people.ts'
import { childOf, childrenOf, instantIn, intIn, textIn } from './nodes.ts'

type Of = EventOf<'group.updated'>
type Notable = Exclude<keyof Of, keyof Envelope | 'type' | 'groupId' | 'authorId' | 'authorPn' | 'origin'>
/** Of group.updated, what is said of the group; what is not there is not said. */
export type GroupFields = Partial<Pick<Of, Notable>>

type Read = (child: BinaryNode) => GroupFields | null

/** By tag. null: the tag is known, and what it says is not. */
const readers: Readonly<Record<string, Read>> = {
  subject: ({ attrs }) => (attrs.subject ? { subject: attrs.subject } : null),
  description: descriptionIn,
  announcement: () => ({ announce: true }),
  not_announcement: () => ({ announce: false }),
  locked: () => ({ restrict: true }),
  unlocked: () => ({ restrict: false }),
  ephemeral: ({ attrs }) => orNull('expiresInSeconds', intIn(attrs.expiration)),
  not_ephemeral: () => ({ expiresInSeconds: 0 }),
  membership_approval_mode: child => orNull('joinApproval', joinApprovalIn(child)),
  member_add_mode: child => orNull('memberAdd', memberAddIn(child)),
  invite: ({ attrs }) => (attrs.code ? { inviteCode: attrs.code } : null),
  growth_locked: () => ({ growthLocked: true }),
  growth_unlocked: () => ({ growthLocked: false }),
  suspended: () => ({ suspended: true }),
  unsuspended: () => ({ suspended: false }),
  delete: () => ({ deleted: true }),
  create: madeIn,
}
const readersByTag = new Map(Object.entries(readers))

/** null: nothing that is known. */
export const groupFieldsIn = (child: BinaryNode): GroupFields | null => readersByTag.get(child.tag)?.(child) ?? null

const orNull = <Name extends keyof GroupFields>(name: Name, value: GroupFields[Name]): GroupFields | null =>
  value === null || value === undefined ? null : { [name]: value }

function descriptionIn(child: BinaryNode): GroupFields | null {
  if (child.attrs.delete === 'true' || childOf(child, 'delete') !== null) return { description: '' }
  const body = childOf(child, 'body')
  return body === null ? null : { description: textIn(body) }
}

/** It is there where approval is off, too. */
function joinApprovalIn(child: BinaryNode): boolean | null {
  const state = childOf(child, 'group_join')?.attrs.state
  return state === 'on' ? true : state === 'off' ? false : null
}

function memberAddIn(child: BinaryNode): boolean | null {
  const mode = textIn(child)
  return mode === 'all_member_add' ? true : mode === 'admin_add' ? false : null
}

function madeIn(child: BinaryNode): GroupFields | null {
  const group = childOf(child, 'group')
  return group === null ? null : wholeGroup(group)
}

/** All that a `<group>` says of itself: a flag that it lacks is off. */
export function wholeGroup(group: BinaryNode): GroupFields {
  const { attrs } = group
  const has = (tag: string) => childOf(group, tag) !== null
  const owner = attrs.creator ? pairOf(attrs.creator, [attrs.creator_lid], [attrs.creator_pn]) : null
  const told = childrenOf(group).map(child => (inGroupNode.has(child.tag) ? groupFieldsIn(child) : null))
  const parent = childOf(group, 'linked_parent')?.attrs.jid
  return {
    subject: attrs.subject ?? null,
    ...(owner && { ownerId: owner.id, ownerPn: owner.pn }),
    createdAt: instantIn(attrs.creation),
    ...{ announce: has('announcement'), restrict: has('locked'), isCommunity: has('parent') },
    ...{ description: '', expiresInSeconds: 0, parentGroupId: parent ? bareJid(parent) : '' },
    ...Object.assign({}, ...told),
    participants: inOrder(peopleIn(group, 'participant')),
  }
}

const inGroupNode: ReadonlySet<string> = new Set(['description', 'ephemeral', 'member_add_mode', 'membership_approval_mode'])

/** By address, so that two lists of the same people are equal. */
export const inOrder = <One extends { id: string }>(people: readonly One[]): readonly One[] =>
  people.toSorted((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0))

/** Of `<group jid>` or `<group id>`, with or without its server. null: it names no group. */
export function groupIdIn({ attrs }: BinaryNode): string | null {
  const said = attrs.jid || attrs.id
  if (!said) return null
  const id = said.includes('@') ? bareJid(said) : `${said}@g.us`
  return isGroup(id) ? id : null
}
