// A chat's disappearing messages were turned on, off or to another time, by either side (whatsmeow: EPHEMERAL_SETTING). A group's timer is a
// notification of its own, and status and broadcast lists have none; whoever writes one there all the same sets nothing.
import type { proto } from '@whiskeysockets/baileys'
import type { MessageOrigin } from './authority.ts'
import { envelopeOf, type OfferOf } from './draft.ts'
import { intOf } from './kinds/body.ts'
import { isBetweenTwo } from './stanza-identity.ts'

/** null: nothing that this chat's timer could be. */
export function chatTimer(
  { ephemeralExpiration }: proto.Message.IProtocolMessage,
  origin: MessageOrigin,
): OfferOf<'chat.updated'> | null {
  const expiresInSeconds = intOf(ephemeralExpiration ?? 0)
  if (!isBetweenTwo(origin.stanza) || expiresInSeconds === null) return null
  return { ...envelopeOf('chat.updated', origin), expiresInSeconds, isGroup: false, origin: 'change' }
}
