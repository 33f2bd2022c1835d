// All groups of the account, in one query, as Baileys reads them (lib/Socket/groups.js, groupFetchAllParticipating): silence, which Baileys takes
// for a list without any, is none here.
import type { WASocket } from '@whiskeysockets/baileys'

/** Rejects where WhatsApp refuses, or does not answer. */
export async function askForGroups({
  ws,
  groupFetchAllParticipating,
}: Pick<WASocket, 'ws' | 'groupFetchAllParticipating'>): Promise<readonly unknown[]> {
  let isAnswered = false
  const heard = () => {
    isAnswered = true
  }
  ws.on('CB:iq,,groups', heard)
  try {
    const groups = Object.values(await groupFetchAllParticipating())
    if (!isAnswered) throw new Error('asking for all groups: expected a list, got none')
    return groups
  } finally {
    ws.off('CB:iq,,groups', heard)
  }
}
