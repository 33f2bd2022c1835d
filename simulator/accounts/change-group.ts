// Somebody changes a group: it is another one from then on, and a companion is notified, in the words of WhatsApp's `w:gp2`.
import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { attr, node, secondsNow, server } from '../connection/stanza.ts'
import type { Contact, Group } from './accounts.ts'
import { deliver } from './deliver.ts'
import type { Companion, World } from './world.ts'

export type GroupChange =
  | { kind: 'create' | 'delete' }
  | { kind: 'subject'; subject: string }
  /** null deletes it. */
  | { kind: 'description'; description: string | null }
  | { kind: 'announce' | 'restrict' | 'joinApproval' | 'growthLocked'; on: boolean }
  | { kind: 'memberAdd'; everybody: boolean }
  | { kind: 'ephemeral'; seconds: number }
  | { kind: 'invite'; code: string }
  /** `leave`: those people themselves. */
  | { kind: 'add' | 'remove' | 'promote' | 'demote' | 'leave' | 'modify'; people: readonly Contact[]; reason?: string }
  | { kind: 'joinRequested'; people: readonly Contact[]; method: string }
  | { kind: 'joinRevoked'; people: readonly Contact[] }
  /** null: it leaves the one it was in. */
  | { kind: 'community'; parentId: string | null }
  /** null removes it. */
  | { kind: 'picture'; pictureId: string | null }

type Of = { group: Group; by: Contact; change: GroupChange }

/** Answers the notification's id. */
export function changeGroup(world: World, companion: Companion, of: Of): string {
  const before = world.accounts.groupById(of.group.id) ?? of.group
  const stanza = notificationOf({ ...of, group: applyChange(world, of), before })
  deliver(companion, stanza)
  return attr(stanza, 'id')
}

/** Answers it as it is from then on. */
export function applyChange(world: World, { group, change }: Of): Group {
  const known = world.accounts.groupById(group.id) ?? group
  const changed = { ...known, ...after(known, change) }
  world.accounts.state.groups.set(known.id, changed)
  return changed
}

/** `group`: as it is by now; `before`: as it was, for who is not in it any more. */
type Told = Of & { before?: Group }

/** Every device of everybody who is in it, or was, is told, that of who changed it among them. */
export function tellChange(world: World, of: Told): void {
  const people = new Set([...of.group.members, ...(of.before?.members ?? [])].map(({ pn }) => pn))
  const told = world.accounts.companions().filter(({ account, isRemoved }) => !isRemoved && people.has(account.owner.contact.pn))
  const stanza = notificationOf(of)
  for (const companion of told) deliver(companion, stanza)
}

function notificationOf({ group, by, change, before = group }: Told): BinaryNode {
  const id = randomBytes(8).toString('hex').toUpperCase()
  const type = change.kind === 'picture' ? 'picture' : 'w:gp2'
  const attrs = { id, type, from: group.id, participant: by.lidJid, participant_pn: by.pnJid, notify: by.name, t: secondsNow() }
  const told = change.kind === 'community' ? communityNode(before, change.parentId) : changeNode(group, by, change)
  return node('notification', attrs, [told])
}

/** As the list of all groups has it, too. */
export function groupNode({ id, subject, members, admins, createdAt, settings, creator }: Group): BinaryNode {
  const said = { creation: createdAt, s_t: createdAt, creator: creator ?? undefined, addressing_mode: 'lid' }
  const attrs = { id: id.replace('@g.us', ''), subject, ...said }
  const participants = members.map(member => {
    const type = admins.includes(member.lidJid) ? 'admin' : undefined
    return node('participant', { jid: member.lidJid, phone_number: member.pnJid, type })
  })
  return node('group', attrs, [...participants, ...Object.values(settings)])
}

function after(group: Group, change: GroupChange): Partial<Group> {
  switch (change.kind) {
    case 'subject':
      return { subject: change.subject }
    case 'add':
      return { members: [...others(group, change.people), ...change.people], asking: without(group.asking, change.people) }
    case 'joinRequested':
      return { asking: [...without(group.asking, change.people), ...change.people] }
    case 'joinRevoked':
      return { asking: without(group.asking, change.people) }
    case 'invite':
      return { inviteCode: change.code }
    case 'remove':
    case 'leave':
      return { members: others(group, change.people), admins: otherAdmins(group, change.people) }
    case 'promote':
      return { admins: [...otherAdmins(group, change.people), ...change.people.map(({ lidJid }) => lidJid)] }
    case 'demote':
      return { admins: otherAdmins(group, change.people) }
    default:
      return { settings: settingsAfter(group, change) }
  }
}

const others = ({ members }: Group, people: readonly Contact[]): readonly Contact[] => without(members, people)

const without = (all: readonly Contact[], people: readonly Contact[]): readonly Contact[] =>
  all.filter(({ pn }) => !people.some(person => person.pn === pn))

const otherAdmins = ({ admins }: Group, people: readonly Contact[]): readonly string[] =>
  admins.filter(lid => !people.some(({ lidJid }) => lidJid === lid))

/** By tag, as its list has them. */
function settingsAfter({ settings }: Group, change: GroupChange): Group['settings'] {
  const set = (tag: string, value: BinaryNode | null) =>
    Object.fromEntries([
      ...Object.entries(settings).filter(([name]) => name !== tag),
      ...(value === null ? [] : [[tag, value] as const]),
    ])
  switch (change.kind) {
    case 'description':
      return set('description', change.description === null ? null : describing(change.description))
    case 'announce':
      return set('announcement', change.on ? node('announcement') : null)
    case 'restrict':
      return set('locked', change.on ? node('locked') : null)
    case 'joinApproval':
      return set('membership_approval_mode', approval(change.on))
    case 'memberAdd':
      return set('member_add_mode', adding(change.everybody))
    case 'ephemeral':
      return set('ephemeral', change.seconds === 0 ? null : timer(change.seconds))
    case 'community':
      return set('linked_parent', change.parentId === null ? null : node('linked_parent', { jid: change.parentId }))
    default:
      return settings
  }
}

const describing = (text: string) => node('description', { id: 'D1', t: secondsNow() }, [node('body', {}, Buffer.from(text))])
const approval = (on: boolean) => node('membership_approval_mode', {}, [node('group_join', { state: on ? 'on' : 'off' })])
const adding = (everybody: boolean) => node('member_add_mode', {}, Buffer.from(everybody ? 'all_member_add' : 'admin_add'))
const timer = (seconds: number) => node('ephemeral', { expiration: String(seconds) })

function changeNode(group: Group, by: Contact, change: Exclude<GroupChange, { kind: 'community' }>): BinaryNode {
  switch (change.kind) {
    case 'create':
      return node('create', {}, [groupNode(group)])
    case 'subject':
      return node('subject', { subject: change.subject, s_t: secondsNow(), s_o: by.lidJid })
    case 'description':
      return change.description === null ? node('description', { id: 'D1' }, [node('delete')]) : describing(change.description)
    case 'announce':
      return node(change.on ? 'announcement' : 'not_announcement')
    case 'restrict':
      return node(change.on ? 'locked' : 'unlocked')
    case 'growthLocked':
      return node(change.on ? 'growth_locked' : 'growth_unlocked')
    case 'joinApproval':
      return approval(change.on)
    case 'memberAdd':
      return adding(change.everybody)
    case 'ephemeral':
      return change.seconds === 0 ? node('not_ephemeral') : timer(change.seconds)
    case 'invite':
      return node('invite', { code: change.code })
    case 'joinRequested':
      return node('created_membership_requests', { request_method: change.method }, named('requested_user', change.people))
    case 'joinRevoked':
      return node('revoked_membership_requests', {}, named('participant', change.people))
    case 'picture':
      return change.pictureId === null
        ? node('delete', { jid: group.id, author: by.lidJid })
        : node('set', { jid: group.id, id: change.pictureId, author: by.lidJid })
    case 'delete':
      return node('delete')
    // One who leaves is removed by themselves.
    case 'leave':
      return node('remove', {}, named('participant', change.people))
    default:
      return node(change.kind, { reason: change.reason }, named('participant', change.people))
  }
}

const named = (tag: string, people: readonly Contact[]) =>
  people.map(({ lidJid, pnJid }) => node(tag, { jid: lidJid, phone_number: pnJid }))

/** Of the group as it was before. */
function communityNode({ settings }: Group, parentId: string | null): BinaryNode {
  if (parentId !== null) return node('link', { link_type: 'parent_group' }, [node('group', { jid: parentId })])
  const jid = settings.linked_parent?.attrs.jid
  return node('unlink', { unlink_type: 'parent_group' }, [node('group', { jid })])
}

/** The list that the companion has is out of date: it asks for all groups of the account. */
export function tellGroupsAreDirty(companion: Companion): void {
  companion.client?.connection.send(node('ib', { from: server }, [node('dirty', { type: 'groups', timestamp: secondsNow() })]))
}
