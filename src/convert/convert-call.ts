// Calls, as events: each step that this device is told of (handleCall in Baileys lib/Socket/messages-recv.js, whatsmeow call.go). What keeps the
// media flowing says nothing about a call's fate, and is ignored by name.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { envelopeOf, type Offer, type Origin, unknownDraft } from './draft.ts'
import { bareJid, isGroup } from './jid.ts'
import { chatsInStanza } from './named-chats.ts'
import { childOf, childrenOf } from './notifications/nodes.ts'
import { pairOf } from './stanza-identity.ts'

/** `ignored` is the name it is counted under. */
export type ConvertedCall = { offers: readonly Offer[]; ignored: string | null }

/** Between the devices that are in a call: routes, keys, what they can do, signs of life. */
const machinery: ReadonlySet<string> = new Set(['transport', 'relaylatency', 'enc_rekey', 'flowcontrol', 'heartbeat'])

const statusByTag: ReadonlyMap<string, string> = new Map([
  ['offer', 'offer'],
  ['offer_notice', 'offer'],
  ['preaccept', 'ringing'],
  ['accept', 'accepted'],
  ['reject', 'rejected'],
  ['timeout', 'missed'],
])
/** Of a terminate; any other reason, or none, says that it is over. */
const statusByReason: ReadonlyMap<string, string> = new Map([
  ['timeout', 'missed'],
  ['accepted_elsewhere', 'accepted'],
  ['rejected_elsewhere', 'rejected'],
])

/** Never throws: what is not known is `unknown`, whole. */
export function convertCall(node: BinaryNode, origin: Origin): ConvertedCall {
  const [step, ...others] = childrenOf(node)
  if (step !== undefined && others.length === 0 && machinery.has(step.tag)) return { offers: [], ignored: `call ${step.tag}` }
  const status = step === undefined ? null : statusOf(step)
  if (step === undefined || status === null || others.length > 0 || !isSound(step))
    return { offers: [unknownDraft(origin, 'call', chatsInStanza(node))], ignored: null }
  return { offers: [callDraft(step, status, origin)], ignored: null }
}

const statusOf = ({ tag, attrs }: BinaryNode): string | null =>
  tag === 'terminate' ? (statusByReason.get(attrs.reason ?? '') ?? 'ended') : (statusByTag.get(tag) ?? null)

const isSound = ({ attrs }: BinaryNode): boolean => {
  const groupId = attrs['group-jid']
  return Boolean(attrs['call-id']) && (!groupId || isGroup(groupId))
}

/** A group's call is in the chat of the group. */
function callDraft(step: BinaryNode, status: string, origin: Origin): Offer {
  const { attrs } = step
  const groupId = attrs['group-jid'] ? bareJid(attrs['group-jid']) : null
  return {
    ...envelopeOf('call.updated', origin),
    ...(groupId === null ? {} : { chatId: groupId, chatPn: null }),
    ...callerPn(step, origin),
    callId: attrs['call-id'] ?? '',
    status,
    video: videoIn(step),
    groupId,
    isGroup: groupId !== null || attrs.type === 'group',
  }
}

/** Of an offer, which names what is called with; its notice to a group says it in a word. */
function videoIn(step: BinaryNode): boolean | null {
  if (step.tag === 'offer') return childOf(step, 'video') !== null
  const { media } = step.attrs
  return step.tag === 'offer_notice' && media ? media === 'video' : null
}

/** The stanza itself has it on the call, not on whom it is from. */
function callerPn({ attrs }: BinaryNode, { stanza }: Origin): { senderPn?: string; chatPn?: string } {
  const { id, pn } = pairOf(attrs['call-creator'] ?? '', [], [attrs.caller_pn])
  if (pn === null || stanza.sender.id !== id || stanza.sender.pn !== null) return {}
  return { senderPn: pn, ...(stanza.chat.id === id && !attrs['group-jid'] && { chatPn: pn }) }
}
