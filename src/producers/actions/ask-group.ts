// What WhatsApp is asked about groups: the questions of Baileys' lib/Socket/groups.js and whatsmeow's group.go, asked here because Baileys takes
// silence for a yes and leaves the refusals as numbers.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { type GroupFields, wholeGroup } from '../../convert/notifications/group-fields.ts'
import { childOf } from '../../convert/notifications/nodes.ts'
import type { Acting } from '../socket/acting.ts'
import { ask } from './ask.ts'
import { inWords, type Meanings } from './refusal.ts'

export type Question = {
  type: 'get' | 'set'
  /** A group, or all of them. */
  to: string
  /** null: the question says it all. */
  about: BinaryNode | null
  attrs?: Readonly<Record<string, string>>
  meanings?: Meanings
  /** [30 s of all questions of a command] */
  timeoutMs?: number
}

export const allGroups = '@g.us'

const notAdmin = { reason: 'not-allowed', text: 'The account is no admin of the group, or is not in it.' } as const
export const meaningsOfGroups: Meanings = {
  '401': notAdmin,
  '403': notAdmin,
  '404': { reason: 'not-on-whatsapp', text: 'WhatsApp knows no such group.' },
  '419': { reason: 'refused', text: 'The group or the account has as much of it as it may have.' },
}
const notInGroup = { reason: 'not-allowed', text: 'The account is not in the group.' } as const

/** Rejects with ActionRefused where WhatsApp refuses it, and with an error without a code for silence. */
export function askGroup(
  acting: Acting,
  { type, to, about, attrs = {}, meanings = {}, timeoutMs }: Question,
): Promise<BinaryNode> {
  const stanza = { tag: 'iq', attrs: { to, type, xmlns: 'w:g2', ...attrs }, ...(about !== null && { content: [about] }) }
  return inWords(ask(acting, stanza, timeoutMs), { ...meaningsOfGroups, ...meanings })
}

export const toRead: Meanings = { '401': notInGroup, '403': notInGroup }

/** The whole `<group>`, which only those who are in it may read. */
export async function readGroup(acting: Acting, groupId: string): Promise<BinaryNode> {
  const about = { tag: 'query', attrs: { request: 'interactive' } }
  const group = childOf(await askGroup(acting, { type: 'get', to: groupId, about, meanings: toRead }), 'group')
  if (group === null) throw new Error(`reading group ${groupId}: expected it in WhatsApp's answer, got none`)
  return group
}

/** Of a `<group>`: a setting that is not named is off. */
export const groupIn = (group: BinaryNode): GroupFields => ({ joinApproval: false, memberAdd: false, ...wholeGroup(group) })
