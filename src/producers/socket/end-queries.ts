// Baileys' own queries end with their connection: `end` of lib/Socket/socket.js takes the listeners away by which they would hear of it, and each
// would wait for its answer for a minute, and whoever waits for the stanza that asked.
import type { WASocket } from '@whiskeysockets/baileys'

/** Once the connection is gone: what waits for an answer is rejected. */
export function endQueries({ ws }: Pick<WASocket, 'ws'>): void {
  ws.emit('error', new Error('the connection is closed'))
}
