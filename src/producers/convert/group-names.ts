// What groups are called, as far as WhatsApp says it by itself: in notifications of one that was made or renamed, and in the list of all
// groups that Baileys fetches when WhatsApp calls it outdated. Nothing is asked for here.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { createLru } from '../../runtime/lru.ts'
import { isGroup } from './jid.ts'

export type NamedGroup = { groupId: string; subject: string }
export type GroupNames = {
  /** Differs from what this process last appended about it. */
  isNew(named: NamedGroup): boolean
  /** Its append has begun, or is durable. */
  remember(named: NamedGroup): void
  /** Its append was given up: it is told again. */
  forget(named: NamedGroup): void
}

export function createGroupNames(options: { maxGroups: number }): GroupNames {
  const known = createLru<string>(options.maxGroups)
  return {
    isNew: ({ groupId, subject }) => known.get(groupId) !== subject,
    remember: ({ groupId, subject }) => known.set(groupId, subject),
    forget: ({ groupId }) => known.delete(groupId),
  }
}

/** Of a notification; `isAll`: it says nothing else. null: no name (handleGroupNotification in Baileys lib/Socket/messages-recv.js). */
export function groupNameIn({ attrs, content }: BinaryNode): (NamedGroup & { isAll: boolean }) | null {
  const groupId = attrs.from ?? ''
  if (attrs.type !== 'w:gp2' || !isGroup(groupId) || !Array.isArray(content)) return null
  const [change] = content
  if (change?.tag === 'subject') return named(groupId, change.attrs.subject, content.length === 1)
  if (change?.tag !== 'create' || !Array.isArray(change.content)) return null
  return named(groupId, change.content.find(({ tag }) => tag === 'group')?.attrs.subject, false)
}

/** Of an event of Baileys: its list of all groups. What else its events say of names was a notification before (lib/Socket/groups.js). */
export function groupsListed(name: string, payload: unknown): readonly NamedGroup[] {
  if (name !== 'groups.update' || !Array.isArray(payload)) return []
  return payload.flatMap(item => {
    const { id, subject, participants }: { id?: unknown; subject?: unknown; participants?: unknown } = item ?? {}
    const isListed = typeof id === 'string' && isGroup(id) && typeof subject === 'string' && Array.isArray(participants)
    return isListed && subject !== '' ? [{ groupId: id, subject }] : []
  })
}

const named = (groupId: string, subject: string | undefined, isAll: boolean) =>
  subject === undefined || subject === '' ? null : { groupId, subject, isAll }
