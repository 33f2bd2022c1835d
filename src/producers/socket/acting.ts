// What may be asked of WhatsApp for an operation: all of Baileys but what sends messages, which have a road of their own (Send.relay), and what
// ends the connection, or hears of it.
import type { GroupMetadata, WASocket } from '@whiskeysockets/baileys'

export type Acting = Omit<
  WASocket,
  'sendMessage' | 'relayMessage' | 'updateMediaMessage' | 'logout' | 'end' | 'ev' | 'ws' | 'requestPairingCode'
> & {
  /** What was read of a group, as Baileys reads it: it is told where it differs from what was told, like a list that came by itself. */
  tellGroup(group: GroupMetadata): void
}
