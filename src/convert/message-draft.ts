// What somebody wrote, as an event: of what was written and of what stands around it. Pure.
import type { MessageOrigin } from './authority.ts'
import { envelopeOf, type Offer } from './draft.ts'
import { bareJid } from './jid.ts'
import { type Body, intOf } from './kinds/body.ts'
import type { Unwrapped } from './unwrap-message.ts'

export function messageDraft({ context, ...body }: Body, unwrapped: Unwrapped, origin: MessageOrigin): Offer {
  const { stanza } = origin
  const expiresInSeconds = intOf(context?.expiration)
  const fields = {
    ...body,
    senderName: stanza.senderName,
    isGroup: stanza.isGroup,
    quotedMessageId: context?.stanzaId || null,
    mentions: context?.mentionedJid?.length ? context.mentionedJid.map(bareJid) : null,
    parentMessageId: body.parentMessageId ?? unwrapped.parentMessageId,
    forwarded: unwrapped.forwarded || (context?.isForwarded ?? null),
    viewOnce: unwrapped.viewOnce || body.viewOnce === true ? true : null,
    expiresInSeconds: expiresInSeconds === 0 ? null : expiresInSeconds,
  }
  return stanza.fromMe
    ? { ...envelopeOf('message.sent', origin), ...fields, source: stanza.senderDevice === 0 ? 'phone' : 'other' }
    : { ...envelopeOf('message.received', origin), ...fields }
}
