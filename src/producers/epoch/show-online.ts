// Whether the account is shown as online, as its settings have it; and while it is, whose presence it has asked for is asked for by each connection
// anew: WhatsApp forgets that, and tells who is not shown nothing.
import type { Transaction } from '../../database/database.ts'
import { listSubscriptions } from '../../instances/presence-subscriptions.ts'
import { wait } from '../../runtime/wait.ts'
import type { Send } from '../socket/send.ts'
import type { SocketLife } from '../socket-life.ts'
import type { Say } from './session.ts'

type Of = { database: Transaction; instanceId: string; send: Pick<Send, 'presence' | 'acting'>; life: SocketLife }

/** `atLogin`: what Baileys says then by itself. */
export function showOnline(atLogin: boolean, of: Of, say: Say) {
  let isShown = atLogin
  const renew = () => say('presence subscriptions', renewSubscriptions(of))
  return {
    opened: () => {
      if (isShown) renew()
    },
    follow: (markOnline: boolean) => {
      if (markOnline === isShown) return
      isShown = markOnline
      say('presence', of.send.presence(markOnline))
      if (markOnline) renew()
    },
  }
}

/** As many as there may be go out within 10 s. */
const apartMs = 50

/** Resolves once all were asked for, or the socket has ended. */
async function renewSubscriptions({ database, instanceId, send, life }: Of): Promise<void> {
  for (const { chatId } of await listSubscriptions(database, instanceId)) {
    if (life.isOver()) return
    await send.acting.presenceSubscribe(chatId)
    await wait(apartMs, life.signal)
  }
}
