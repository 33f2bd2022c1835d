// Receipts, as events: who got, read or played which messages. Machinery between devices is ignored by name.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { sourceId } from '../events/ids.ts'
import { envelopeOf, type Offer, type Origin, unknownDraft } from './draft.ts'
import { bareJid } from './jid.ts'
import { chatsInStanza } from './named-chats.ts'
import { identityOf, type Stanza } from './stanza-identity.ts'

/** `ignored` is the name it is counted under. */
export type ConvertedReceipt = { drafts: readonly Offer[]; ignored: null } | { drafts: readonly []; ignored: string }

/** Receipt type to message.receipt-updated's status; no type says that a device has the messages. */
const statuses: Readonly<Record<string, string>> = {
  '': 'delivered',
  inactive: 'delivered',
  sender: 'server',
  read: 'read',
  'read-self': 'read',
  played: 'played',
  'played-self': 'played',
}
/** Between devices: encryption retries, media re-uploads, acknowledgements of peer messages. They say nothing about a message's fate. */
const machinery: ReadonlySet<string> = new Set(['retry', 'enc_rekey_retry', 'server-error', 'peer_msg', 'hist_sync'])

export function convertReceipt(of: { node: BinaryNode; stanza: Stanza; raw: Uint8Array; receivedAt: number }): ConvertedReceipt {
  const { node, stanza, raw, receivedAt } = of
  const type = node.attrs.type ?? ''
  if (machinery.has(type)) return { drafts: [], ignored: `receipt ${type}` }
  const origin: Origin = { stanza, ordinal: { part: 0, index: 0 }, raw, receivedAt }
  const status = statuses[type]
  if (status === undefined) return { drafts: [unknownDraft(origin, `receipt ${type}`, chatsInStanza(node))], ignored: null }
  const aggregated = childrenOf(node).filter(child => child.tag === 'participants')
  if (aggregated.length > 0)
    return { drafts: aggregated.flatMap(list => perReader(list, { origin, type, status })), ignored: null }
  return { drafts: [receiptDraft({ origin, type, status, messageIds: messageIdsOf(node) })], ignored: null }
}

function messageIdsOf(node: BinaryNode): readonly string[] {
  const items = childrenOf(node).flatMap(list => childrenOf(list).filter(item => item.tag === 'item'))
  return [node.attrs.id, ...items.map(item => item.attrs.id)].filter(id => id !== undefined)
}

type Receipt = { origin: Origin; type: string; status: string; messageIds: readonly string[] }

function receiptDraft({ origin, type, status, messageIds }: Receipt): Offer {
  const { stanza, ordinal } = origin
  return {
    ...envelopeOf('message.receipt-updated', origin),
    eventId: sourceId(identityOf(stanza, { type, messageIds }), 'message.receipt-updated', ordinal),
    messageId: messageIds.length === 1 ? (messageIds[0] ?? null) : null,
    messageIds,
    participantId: stanza.isGroup ? stanza.sender.id : null,
    status,
  }
}

/** `<participants key=message><user jid t/>…`: several readers of one group message in one stanza. */
function perReader(list: BinaryNode, { origin, type, status }: Omit<Receipt, 'messageIds'>): readonly Offer[] {
  const messageIds = [list.attrs.key ?? origin.stanza.stanzaId]
  return childrenOf(list)
    .filter(user => user.tag === 'user' && user.attrs.jid !== undefined)
    .map(({ attrs }) => {
      const sender = { id: bareJid(attrs.jid ?? ''), pn: null }
      const stanza = { ...origin.stanza, sender, saidAt: attrs.t ?? origin.stanza.saidAt }
      return receiptDraft({ origin: { ...origin, stanza }, type, status, messageIds })
    })
}

const childrenOf = (node: BinaryNode): readonly BinaryNode[] => (Array.isArray(node.content) ? node.content : [])
