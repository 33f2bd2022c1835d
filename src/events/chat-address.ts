// What people write for a chat, as the address that events carry: phone numbers as they are printed and as other gateways spell them.
// Pure; what no form fits is told apart, so that a mistyped number is an answer and not an empty list.

/** Said wherever a chat is asked for and something else came. */
export const chatForms =
  'a phone number with its country (+55 11 90000-0011 or 5511900000011), or an address: 5511900000011@s.whatsapp.net, …@lid, …@g.us, …@newsletter, …@broadcast'

/** The account of a companion device, and the older name for a phone number's server (Baileys lib/WABinary/jid-utils.js). */
const accountServers: Readonly<Record<string, string>> = {
  'c.us': 's.whatsapp.net',
  hosted: 's.whatsapp.net',
  'hosted.lid': 'lid',
}
const servers: ReadonlySet<string> = new Set([
  ...['s.whatsapp.net', 'lid', 'g.us', 'newsletter', 'broadcast', 'bot', 'call', 'interop', 'msgr'],
])
/** Marks that come along when a number is copied from a contact card: spaces of every kind, and directions of writing. */
const invisible = /[\p{Z}\p{Cf}]/gu

/** user@server without a device; null: none of the forms. Phone numbers have 5 to 15 digits, and no country's begins with 0 (E.164). */
export function parseChatAddress(text: string): string | null {
  const bare = text.replaceAll(invisible, '').replace(/^(?:whatsapp:|tel:|(?:https?:\/\/)?(?:wa|whatsapp)\.me\/)/i, '')
  const at = bare.indexOf('@')
  return at < 0 ? (groupOf(bare) ?? phoneOf(bare)) : addressAt(bare.slice(0, at), bare.slice(at + 1).toLowerCase())
}

function addressAt(user: string, given: string): string | null {
  const server = accountServers[given] ?? given
  if (!servers.has(server)) return null
  const isAccount = server === 's.whatsapp.net' || server === 'lid'
  const account = isAccount ? user.replace(/[:_]\d+.*$/, '') : user
  if (isAccount ? /^\d{1,20}$/.test(account) : /^[\w.-]{1,64}$/.test(account)) return `${account}@${server}`
  return server === 's.whatsapp.net' ? phoneOf(account) : null
}

/** As they are printed: +55 (11) 90000-0011, 00 55 11 90000 0011. */
function phoneOf(text: string): string | null {
  const digits = text.replace(/^(?:\+|00)/, '').replaceAll(/[().\-/]/g, '')
  return /^[1-9]\d{4,14}$/.test(digits) ? `${digits}@s.whatsapp.net` : null
}

/** Groups without a server: 120363…, the older {creator}-{epoch seconds}, and either with -group behind it. */
function groupOf(text: string): string | null {
  const id = text.replace(/-group$/i, '')
  return /^120363\d{12}$/.test(id) || /^\d{10,15}-1\d{9}$/.test(id) ? `${id}@g.us` : null
}
