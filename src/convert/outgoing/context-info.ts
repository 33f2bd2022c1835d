// What stands around what is written: whom it mentions, what it replies to, and when it disappears.
import type { proto } from '@whiskeysockets/baileys'
import { statusChat } from '../../events/command-bodies/addresses.ts'
import type { KeptBody } from '../../events/command-bodies.ts'
import type { BuildWith } from './build-message.ts'

type Surrounded = Pick<KeptBody, 'chatId' | 'known'> & { quotedMessageId?: string; mentions?: readonly string[] }

/** Empty: nothing does. Everybody's phones show mentions of all by their addresses, also those before WhatsApp's @all (nonJidMentions). */
export function contextInfo(body: Surrounded, given: Pick<BuildWith, 'own'>): { contextInfo?: proto.IContextInfo } {
  const mentionedJid = [...new Set([...(body.mentions ?? []), ...(body.known?.participants ?? [])])]
  const context = {
    ...(mentionedJid.length > 0 && { mentionedJid }),
    ...(body.quotedMessageId !== undefined && quote(body, body.quotedMessageId, given)),
    ...timer(body),
  }
  return Object.keys(context).length === 0 ? {} : { contextInfo: context }
}

export const timer = ({ known }: Pick<KeptBody, 'known'>): proto.IContextInfo =>
  known?.expiresInSeconds === undefined ? {} : { expiration: known.expiresInSeconds }

/** Of the quoted message its text alone, whatever its kind: the phones that have it show the rest themselves. */
function quote({ chatId, known }: Surrounded, stanzaId: string, { own }: Pick<BuildWith, 'own'>): proto.IContextInfo {
  const quoted = known?.quoted
  if (quoted === undefined)
    throw new Error(`building a reply to ${stanzaId}: expected what is known of that message, got nothing`)
  const ownId = chatId.endsWith('@s.whatsapp.net') ? (own.pn ?? own.lid) : (own.lid ?? own.pn)
  const participant = quoted.fromMe ? ownId : quoted.senderId
  if (participant === null) throw new Error(`building a reply to ${stanzaId}: expected who wrote that message, got nobody`)
  const where = quoted.isStatus === true ? { remoteJid: statusChat } : {}
  return { stanzaId, participant, ...where, quotedMessage: { conversation: quoted.text } }
}
