// What only Baileys says (changes made on another device, from the app state), as an unknown event with its payload, less the chats that
// are ignored.
import { describePayload } from './describe-payload.ts'
import type { Ignores, OfferOf } from './draft.ts'
import { chatsInPayload, withoutChats } from './named-chats.ts'

type Of = { instanceId: string; name: string; payload: unknown; occurredAt: number; ignores: Ignores }

export type ConvertedBaileysEvent = {
  /** null: all of it tells of ignored chats. */
  offer: OfferOf<'unknown'> | null
  isCut: boolean
}

export function convertBaileysEvent({ instanceId, name, payload, occurredAt, ignores }: Of): ConvertedBaileysEvent {
  const whole = describePayload(payload)
  const told: unknown = JSON.parse(whole)
  const isCut = chatsInPayload(told).some(ignores)
  const left = isCut ? withoutChats(told, ignores) : told
  if (left === undefined) return { offer: null, isCut }
  const kept = isCut ? JSON.stringify(left) : whole
  const about = { instanceId, occurredAt, source: 'baileys', name, payload: kept, chats: chatsInPayload(left) }
  return { offer: { eventId: null, type: 'unknown', ...about }, isCut }
}
