// WhatsApp addresses as events carry them: user@server, without device, hosted devices under their account.

export type OwnAddresses = { pn: string | null; lid: string | null }

/** `123:4@hosted.lid` is `123@lid`; `123_1:4@s.whatsapp.net` is `123@s.whatsapp.net`; what is no address stays as it is. */
export function bareJid(jid: string): string {
  const at = jid.indexOf('@')
  if (at < 0) return jid
  const [user = ''] = jid.slice(0, at).split(/[:_]/, 1)
  return `${user}@${accountServer(jid.slice(at + 1))}`
}

export const isLid = (jid: string): boolean => jid.endsWith('@lid')
export const isPn = (jid: string): boolean => jid.endsWith('@s.whatsapp.net')
export const isGroup = (jid: string): boolean => jid.endsWith('@g.us')
export const isStatus = (jid: string): boolean => jid === 'status@broadcast'
export const isBroadcast = (jid: string): boolean => jid.endsWith('@broadcast')
/** A list that somebody sends to; what it brings belongs to the chat of its sender. */
export const isBroadcastList = (jid: string): boolean => isBroadcast(jid) && !isStatus(jid)
export const isNewsletter = (jid: string): boolean => jid.endsWith('@newsletter')

/** 0 where the address names none. */
export const deviceOf = (jid: string): number => Number(/:(\d+)@/.exec(jid)?.[1] ?? 0)

export const digitsOf = (jid: string): string => bareJid(jid).split('@', 1)[0] ?? ''

export const isOwn = (jid: string, own: OwnAddresses): boolean => {
  const bare = bareJid(jid)
  return bare === own.pn || bare === own.lid
}

function accountServer(server: string): string {
  if (server === 'hosted.lid') return 'lid'
  return server === 'hosted' || server === 'c.us' ? 's.whatsapp.net' : server
}
