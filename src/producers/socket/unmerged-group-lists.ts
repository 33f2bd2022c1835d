// A list of groups, also one that Baileys asked for by itself (`dirty`; lib/Socket/groups.js), is told as it is and when it is answered: of two
// events of one group Baileys' buffer keeps the first alone, and says it up to 100 ms later (lib/Utils/event-buffer.js).
import type { WASocket } from '@whiskeysockets/baileys'

export function tellGroupListsUnmerged({ ws, ev }: Pick<WASocket, 'ws' | 'ev'>): void {
  // Between the answer and what Baileys tells of it lie microtasks alone.
  ws.on('CB:iq,,groups', () => {
    ev.flush()
    setImmediate(() => ev.flush())
  })
}
