// What one companion sent: how often each stanza came, what the server does with the next one, and what phones show of it.

import type { BinaryNode } from '@whiskeysockets/baileys'
import { attr } from '../connection/stanza.ts'
import { createPhones, type Phones } from './phones.ts'

/**
 * What becomes of a message: acknowledged and delivered; acknowledged with an error and not delivered; neither; delivered and not
 * acknowledged; acknowledged and not delivered.
 */
export type MessageFault = 'ack' | { error: number } | 'swallow' | 'no-ack' | 'no-delivery'
/** `to`: of the first one; what is sent again for one device is addressed to that. `edits`: what each said that it changes; null: nothing. */
export type StanzaSent = { messageId: string; to: string; count: number; edits: readonly (string | null)[] }

export type Sent = {
  fault: MessageFault
  /** How many messages it is still for. */
  timesLeft: number
  /** By message id, in the order of their first ones. */
  stanzas: Map<string, StanzaSent>
  phones: Phones
  receipts: PeopleReceipts
  /** By phone number: how many more copies that phone cannot read. */
  unreadable: Map<string, number>
  /** By phone number: whose devices its next questions, so many, are not answered with. */
  unnamed: Map<string, number>
  /** By phone number and message id: how often that phone asked for it again. */
  retries: Map<string, number>
}
/** What recipients' phones tell the companion of what they got. */
export type PeopleReceipts = 'none' | 'delivered' | 'read'

export const nothingSent = (): Sent => ({
  fault: 'ack',
  timesLeft: Number.POSITIVE_INFINITY,
  stanzas: new Map(),
  phones: createPhones(),
  receipts: 'none',
  unreadable: new Map(),
  unnamed: new Map(),
  retries: new Map(),
})

export function countStanza({ stanzas }: Sent, stanza: BinaryNode): void {
  const messageId = attr(stanza, 'id')
  const { to, count, edits } = stanzas.get(messageId) ?? { to: attr(stanza, 'to'), count: 0, edits: [] }
  stanzas.set(messageId, { messageId, to, count: count + 1, edits: [...edits, stanza.attrs.edit ?? null] })
}

/** Once its times are over, all is acknowledged and delivered again. */
export function takeFault(sent: Sent): MessageFault {
  const { fault } = sent
  sent.timesLeft--
  if (sent.timesLeft <= 0) setFault(sent, 'ack')
  return fault
}

export function setFault(sent: Sent, fault: MessageFault, times = Number.POSITIVE_INFINITY): void {
  sent.fault = fault
  sent.timesLeft = times
}
