// A status that a device could not read is sent again to whose it is. Baileys would send it to nobody, as its relay names no audience, or as a message
// between two (sendMessagesAgain of lib/Socket/messages-recv.js); of everything else it sends again what it asks for.
import type { proto, WAMessageKey, WASocket } from '@whiskeysockets/baileys'
import { bareJid, isStatus } from '../../convert/jid.ts'
import { createLru } from '../../runtime/lru.ts'

type FindSent = (key: WAMessageKey) => Promise<proto.IMessage | undefined>
type Deps = {
  findSent: FindSent
  socket(): Pick<WASocket, 'assertSessions' | 'relayMessage'>
  failed(error: unknown): void
}

/** As often as Baileys sends again what it is asked for (maxMsgRetryCount). */
const MOST_TIMES = 5
const maxAsking = 2_048

/** For Baileys' getMessage. */
export function answerStatusRetries({ findSent, socket, failed }: Deps): FindSent {
  const times = createLru<number>(maxAsking)

  async function sendAgain(content: proto.IMessage, { id, device }: { id: string; device: string }): Promise<void> {
    const reader = bareJid(device)
    const asking = `${id} ${reader}`
    const before = times.get(asking) ?? 0
    if (before >= MOST_TIMES) return
    times.set(asking, before + 1)
    const { assertSessions, relayMessage } = socket()
    await assertSessions([device], true)
    await relayMessage('status@broadcast', content, { messageId: id, statusJidList: [reader], useUserDevicesCache: false })
  }

  return async key => {
    const { id, remoteJid, participant } = key
    const content = await findSent(key)
    if (content === undefined || !id || !participant || !isStatus(remoteJid ?? '')) return content
    void sendAgain(content, { id, device: participant }).catch(failed)
    return undefined
  }
}
