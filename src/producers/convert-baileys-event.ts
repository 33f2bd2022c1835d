// What only Baileys says (changes made on another device, from the app state), as an unknown event with its payload, less the chats that
// are ignored.
import { describePayload } from './describe-payload.ts'
import type { OfferOf } from './draft.ts'
import type { Ignores } from './intake.ts'
import { chatsInText, withoutChats } from './named-chats.ts'

type Of = { instanceId: string; name: string; payload: unknown; occurredAt: number; ignores: Ignores }

export type ConvertedBaileysEvent = {
  /** null: all of it tells of ignored chats. */
  offer: OfferOf<'unknown'> | null
  isCut: boolean
}

export function convertBaileysEvent({ instanceId, name, payload, occurredAt, ignores }: Of): ConvertedBaileysEvent {
  const whole = describePayload(payload)
  const isCut = chatsInText(whole).some(ignores)
  const kept = isCut ? JSON.stringify(withoutChats(JSON.parse(whole), ignores)) : whole
  if (kept === undefined) return { offer: null, isCut }
  const about = { instanceId, occurredAt, source: 'baileys', name, payload: kept, chats: chatsInText(kept) }
  return { offer: { eventId: null, type: 'unknown', ...about }, isCut }
}
