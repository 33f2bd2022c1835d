// The picture of a person or a group, as WhatsApp shows it to the account, with the id that Baileys leaves out (profilePictureUrl of
// lib/Socket/chats.js).
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid, isGroup, isLid } from '../../convert/jid.ts'
import { childOf } from '../../convert/notifications/nodes.ts'
import type { SaidOf } from '../../instances/socket-answers.ts'
import type { Acting } from '../socket/acting.ts'

/** Rejects with WhatsApp's code: 404 where there is none, 401 where the account may not see it. */
export async function readPicture(acting: Acting, jid: string, type: 'image' | 'preview'): Promise<SaidOf<'picture'>> {
  const token = await tokenOf(acting, jid)
  const answered = await acting.query({
    tag: 'iq',
    attrs: { target: jid, to: 's.whatsapp.net', type: 'get', xmlns: 'w:profile:picture' },
    content: [{ tag: 'picture', attrs: { type, query: 'url' }, ...(token !== null && { content: [token] }) }],
  })
  const { id, url } = childOf(answered, 'picture')?.attrs ?? {}
  if (url === undefined) throw new Error('asking for a picture: expected its address, got none')
  return { pictureId: id ?? null, url }
}

const tokenLifeSeconds = 28 * 86_400

/** What the person gave the account to see it by; null: none, or none that is good. WhatsApp never answers who shows one of their own. */
async function tokenOf({ authState, signalRepository }: Acting, jid: string): Promise<BinaryNode | null> {
  const { id = '', lid = '' } = authState.creds.me ?? {}
  if (isGroup(jid) || [bareJid(id), bareJid(lid)].includes(jid)) return null
  const storedFor = isLid(jid) ? jid : ((await signalRepository.lidMapping.getLIDForPN(jid)) ?? jid)
  const { token, timestamp } = (await authState.keys.get('tctoken', [storedFor]))[storedFor] ?? {}
  const isGood = token !== undefined && token.length > 0 && Date.now() / 1000 - Number(timestamp ?? 0) < tokenLifeSeconds
  return isGood ? { tag: 'tctoken', attrs: { t: String(timestamp) }, content: token } : null
}
