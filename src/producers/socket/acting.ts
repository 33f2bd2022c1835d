// What may be asked of WhatsApp for an operation: all of Baileys but what sends messages, which have a road of their own (Send.relay), and what
// ends the connection, or hears of it.
import type { WASocket } from '@whiskeysockets/baileys'

export type Acting = Omit<
  WASocket,
  'sendMessage' | 'relayMessage' | 'updateMediaMessage' | 'logout' | 'end' | 'ev' | 'ws' | 'requestPairingCode'
>
