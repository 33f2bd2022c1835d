// Event ids: deterministic, so that a redelivery, a crash or a replay makes the same id again and every sink knows the copy.
// 16 bytes of SHA-256 over length-prefixed parts, as 32 lower-case hex digits.
import { createHash } from 'node:crypto'

/** Where in the stanza an event came from: encrypted part, and index among the events of that part. */
export type Ordinal = { part: number; index: number }

export type StanzaIdentity = {
  instanceId: string
  /** message, receipt, notification, call; history: an entry of the phone’s history, whose copies are in several parts of it. */
  stanzaClass: string
  stanzaId: string
  fromMe: boolean
  /** As the stanza itself gives them: its LID wherever it carries one, as address or as attribute; never a mapping look-up. */
  chat: string
  /** In the id, so that a stranger cannot suppress somebody else's message by reusing its id. */
  sender: string
  /** Receipts only: one stanza id can carry several types and lists of message ids. */
  receipt?: { type: string; messageIds: readonly string[] }
}

/** Id of an event made of a stanza. */
export const sourceId = (of: StanzaIdentity, type: string, ordinal: Ordinal): string =>
  hash('source', [
    of.instanceId,
    of.stanzaClass,
    of.stanzaId,
    of.fromMe ? 'from-me' : 'from-others',
    of.chat,
    of.sender,
    type,
    String(ordinal.part),
    String(ordinal.index),
    ...(of.receipt === undefined ? [] : [of.receipt.type, ...of.receipt.messageIds]),
  ])

/** Id of an event that a processor or projection made of another one. Without the round, a success after a failure would share its id. */
export const derivedId = (of: { sourceId: string; by: string; type: string; round: number; ordinal: number }): string =>
  hash('derived', [of.sourceId, of.by, of.type, String(of.round), String(of.ordinal)])

/** Id of a socket's state that WhatsApp gives none: presence, push names, connection. */
export const stateId = (of: { instanceId: string; type: string; epoch: number; sequence: number }): string =>
  hash('state', [of.instanceId, of.type, String(of.epoch), String(of.sequence)])

/** Id of a state that differed from what was told last: made of what it is about, what was told before, and what differs. */
export const toldId = (of: { instanceId: string; type: string; telling: readonly string[] }): string =>
  hash('told', [of.instanceId, of.type, ...of.telling])

/** Id of an event that no socket owner writes; the request id is fixed before the first append. */
export const requestId = (of: { instanceId: string; type: string; requestId: string }): string =>
  hash('request', [of.instanceId, of.type, of.requestId])

/** Length prefixes keep ['ab', 'c'] and ['a', 'bc'] apart; the family keeps the five kinds of id apart. */
function hash(family: string, parts: readonly string[]): string {
  const sha = createHash('sha256')
  for (const part of [family, ...parts]) {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    sha.update(length).update(bytes)
  }
  return sha.digest().toString('hex', 0, 16)
}
