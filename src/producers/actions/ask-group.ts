// What WhatsApp is asked about groups: the questions of Baileys' lib/Socket/groups.js and whatsmeow's group.go, asked here because Baileys takes
// silence for a yes and leaves the refusals as numbers.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { type GroupFields, wholeGroup } from '../../convert/notifications/group-fields.ts'
import { childOf } from '../../convert/notifications/nodes.ts'
import type { Acting } from '../socket/acting.ts'
import { codeIn } from '../socket/code-in.ts'
import { ActionRefused, type RefusalReason } from './action.ts'

/** By WhatsApp's code: what it means, for people. */
export type Meanings = Readonly<Record<string, { reason: RefusalReason; text: string }>>
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
const meaningsOfAll: Meanings = {
  '401': notAdmin,
  '403': notAdmin,
  '406': { reason: 'refused', text: 'WhatsApp takes no such thing.' },
  '419': { reason: 'refused', text: 'The group or the account has as much of it as it may have.' },
}
const notInGroup = { reason: 'not-allowed', text: 'The account is not in the group.' } as const

/** Rejects with ActionRefused where its code has a meaning here, with Baileys' error for another code, and without a code for silence. */
export async function askGroup(
  acting: Acting,
  { type, to, about, attrs = {}, meanings = {}, timeoutMs }: Question,
): Promise<BinaryNode> {
  const stanza = { tag: 'iq', attrs: { to, type, xmlns: 'w:g2', ...attrs }, ...(about !== null && { content: [about] }) }
  const answer: BinaryNode | undefined = await inWords(acting.query(stanza, timeoutMs), meanings)
  if (answer === undefined) throw new Error(`asking WhatsApp about ${to}: expected an answer, got none`)
  return answer
}

export async function inWords<Said>(asking: Promise<Said>, meanings: Meanings = {}): Promise<Said> {
  try {
    return await asking
  } catch (error) {
    const code = codeIn(error)
    const meaning = code === null ? undefined : (meanings[code] ?? meaningsOfAll[code])
    throw meaning === undefined ? error : new ActionRefused(meaning.text, code, meaning.reason)
  }
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
