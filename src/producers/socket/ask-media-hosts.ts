// Who takes files for the account, as WhatsApp says it (Baileys, Socket/messages-send.js, refreshMediaConn).
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  S_WHATSAPP_NET,
  type WASocket,
} from '@whiskeysockets/baileys'
import type { MediaHosts } from '../upload/media-connection.ts'

/** Rejects where WhatsApp does not say. */
export async function askForMediaHosts({ query }: Pick<WASocket, 'query'>): Promise<MediaHosts> {
  const answer: BinaryNode = await query({
    tag: 'iq',
    attrs: { type: 'set', xmlns: 'w:m', to: S_WHATSAPP_NET },
    content: [{ tag: 'media_conn', attrs: {} }],
  })
  const said = getBinaryNodeChild(answer, 'media_conn')
  const { auth, ttl } = said?.attrs ?? {}
  if (!auth) throw new Error('asking who takes files: expected a word to upload with, got none')
  const hosts = getBinaryNodeChildren(said, 'host').flatMap(({ attrs: { hostname } }) => hostname ?? [])
  return { auth, hosts, ttlSeconds: Number(ttl) || 0 }
}
