// A code that nobody has typed leaves no trace: with it Baileys writes whose account it would be (requestPairingCode in lib/Socket/socket.js), and
// would log in as that with the next connect, which WhatsApp answers with 401. A link itself is what `account` says.
import type { AuthenticationCreds } from '@whiskeysockets/baileys'

/** Changes nothing where a phone is linked. */
export function forgetCode(creds: AuthenticationCreds): void {
  if (creds.account !== undefined) return
  delete creds.me
  creds.pairingCode = undefined
  creds.registered = false
}
