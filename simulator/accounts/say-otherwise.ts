// What WhatsApp tells a companion besides messages, receipts and groups: calls, who is there, channels, whom the account blocked.
import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { node, secondsNow, server } from '../connection/stanza.ts'
import type { Contact, Group } from './accounts.ts'
import { deliver } from './deliver.ts'
import type { Companion } from './world.ts'

export type CallStep = {
  from: Contact
  callId: string
  step: 'offer' | 'preaccept' | 'accept' | 'reject' | 'terminate' | 'transport' | 'relaylatency'
  video?: boolean
  group?: Group
  /** Of a terminate: timeout, accepted_elsewhere, rejected_elsewhere … */
  reason?: string
}
export type Presence = {
  from: Contact
  state: 'available' | 'unavailable' | 'composing' | 'recording' | 'paused'
  group?: Group
  /** Of who is not there any more; epoch milliseconds. */
  lastSeenAt?: number
}
export type ChannelChange = {
  channelId: string
  name?: string
  description?: string
  state?: string
  role?: string
  muted?: boolean
}

const newId = () => randomBytes(8).toString('hex').toUpperCase()

/** Answers the stanza's id. */
export function sayCall(companion: Companion, { from, callId, step, video, group, reason }: CallStep): string {
  const id = newId()
  const about = { 'call-id': callId, 'call-creator': from.lidJid, caller_pn: from.pnJid, 'group-jid': group?.id, reason }
  const media = video ? [node('audio', { enc: 'opus' }), node('video', { enc: 'h264' })] : [node('audio', { enc: 'opus' })]
  const told = node(step, about, step === 'offer' ? media : undefined)
  deliver(companion, node('call', { id, from: from.lidJid, notify: from.name, t: secondsNow() }, [told]))
  return id
}

/** Neither queued nor acknowledged: who is not connected never hears of it, and that somebody is there only who asked to. */
export function sayPresence(companion: Companion, { from, state, group, lastSeenAt }: Presence): void {
  const isOfPerson = state === 'available' || state === 'unavailable'
  if (isOfPerson && !isSubscribed(companion, group?.id ?? from.lidJid, from.pnJid)) return
  const chat = { from: group?.id ?? from.lidJid, participant: group && from.lidJid }
  companion.client?.connection.send(
    isOfPerson
      ? node('presence', { ...chat, type: state === 'available' ? undefined : state, last: lastOf(lastSeenAt) })
      : node('chatstate', chat, [chatState(state)]),
  )
}

const isSubscribed = ({ marks: { subscriptions } }: Companion, ...names: readonly string[]): boolean =>
  names.some(name => subscriptions.has(name))

const lastOf = (lastSeenAt: number | undefined): string | undefined =>
  lastSeenAt === undefined ? undefined : String(Math.floor(lastSeenAt / 1000))

const chatState = (state: string): BinaryNode => (state === 'recording' ? node('composing', { media: 'audio' }) : node(state))

/** As WhatsApp's GraphQL says it. Answers the notification's id. */
export function sayChannel(companion: Companion, { channelId, name, description, state, role, muted }: ChannelChange): string {
  const id = newId()
  const answer = {
    id: channelId,
    state: state && { type: state.toUpperCase() },
    thread_metadata: { name: name && { text: name }, description: description && { text: description } },
    viewer_metadata: { role: role?.toUpperCase(), mute: muted === undefined ? undefined : muted ? 'ON' : 'OFF' },
  }
  const content = Buffer.from(JSON.stringify({ data: { xwa2_notify_newsletter_on_metadata_update: answer } }))
  const update = node('update', { op_name: 'NotificationNewsletterUpdate' }, content)
  deliver(companion, node('notification', { id, type: 'mex', from: server, t: secondsNow() }, [update]))
  return id
}

/** On the phone. Answers the notification's id. */
export function sayBlocked(companion: Companion, { who, on }: { who: Contact; on: boolean }): string {
  const id = newId()
  const item = node('item', { jid: who.lidJid, pn_jid: who.pnJid, action: on ? 'block' : 'unblock' })
  const list = node('blocklist', { action: 'modify', dhash: newId(), prev_dhash: newId() }, [item])
  const from = companion.account.owner.contact.pnJid
  deliver(companion, node('notification', { id, type: 'account_sync', from, t: secondsNow() }, [list]))
  return id
}
