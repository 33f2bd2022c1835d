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
  delivery: 'delivered',
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
  const unknown = (name: string) => unknownDraft(origin, `receipt ${name}`, chatsInStanza(node))
  const status = statusOf(node, type)
  if (status === undefined) return { drafts: [unknown(type)], ignored: null }
  const users = childrenOf(node).flatMap(readersIn)
  if (users.length === 0 && !childrenOf(node).some(isReaders))
    return { drafts: [receiptDraft({ origin, type, status, messageIds: messageIdsOf(node) })], ignored: null }
  const strange = users.find(user => statusOf(user.node, user.type ?? type) === undefined)
  const drafts = users.flatMap(user => readerDraft(user, { origin, type }) ?? [])
  return { drafts: strange === undefined ? drafts : [...drafts, unknown(`of a reader, ${strange.type}`)], ignored: null }
}

/** What says that a message did not reach a device that cannot have it is on the server alone (WhatsApp Web's MsgReceiptParser). */
function statusOf(node: BinaryNode, type: string): string | undefined {
  const status = statuses[type]
  const isRefused = childrenOf(node).some(({ tag, attrs }) => tag === 'error' && attrs.type === 'feature-incapable')
  return status === 'delivered' && isRefused ? 'server' : status
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

/** `type`: of what is the reader's own; null: that of the stanza. */
type Reader = { node: BinaryNode; messageId: string | null; jid: string; type: string | null }

const isReaders = ({ tag }: BinaryNode): boolean => tag === 'participants'

/**
 * Several readers of one message in one stanza: of a group's `<participants key=message><user jid t/>…`, of a status
 * `<participants message_id=message><user jid t type/>…`, where each has a type of its own (whatsmeow #1270).
 */
const readersIn = (list: BinaryNode): readonly Reader[] =>
  (isReaders(list) ? childrenOf(list) : []).flatMap(node =>
    node.tag !== 'user' || node.attrs.jid === undefined
      ? []
      : [
          {
            node,
            messageId: list.attrs.key ?? list.attrs.message_id ?? null,
            jid: node.attrs.jid,
            type: node.attrs.type ?? null,
          },
        ],
  )

/** null: nobody knows what it says. */
function readerDraft(reader: Reader, { origin, ...of }: Pick<Receipt, 'origin' | 'type'>): Offer | null {
  const type = reader.type ?? of.type
  const status = statusOf(reader.node, type)
  if (status === undefined) return null
  const sender = { id: bareJid(reader.jid), pn: null }
  const stanza = { ...origin.stanza, sender, saidAt: reader.node.attrs.t ?? origin.stanza.saidAt }
  return receiptDraft({ origin: { ...origin, stanza }, type, status, messageIds: [reader.messageId ?? stanza.stanzaId] })
}

const childrenOf = (node: BinaryNode): readonly BinaryNode[] => (Array.isArray(node.content) ? node.content : [])
