// One linked device, as it is right after the scan, or where another simulator left it.
import { server } from '../connection/stanza.ts'
import { noMarks } from './marks.ts'
import type { Registration } from './pair-companion.ts'
import { createQueue } from './queue.ts'
import { nothingSent } from './sent.ts'
import type { Account, Companion } from './world.ts'

/** What a companion is from its first moment on; the rest begins empty where it is not given. */
type Origin = Registration & { id: number } & Partial<Omit<Companion, 'account' | 'jid' | 'lidJid' | 'client' | 'inOrder'>>

/** Does not add it to the account. */
export function createCompanion(account: Account, origin: Origin): Companion {
  let last: Promise<unknown> = Promise.resolve()
  return {
    preKeys: new Map(),
    queue: createQueue(),
    isRemoved: false,
    loginRefusal: null,
    messageRefusal: null,
    sent: nothingSent(),
    iqFaults: new Map(),
    iqs: [],
    marks: noMarks(),
    raced: [],
    mediaRetryAnswer: 'upload',
    contents: new Map(),
    withheld: new Map(),
    appStateKey: null,
    history: null,
    ...origin,
    ...companionJids(account, origin.id),
    account,
    client: null,
    inOrder(work) {
      const result = last.then(work)
      last = result.catch(() => null) // the caller hears of it; the next in line must not
      return result
    },
  }
}

export function companionJids(account: Account, id: number): { jid: string; lidJid: string } {
  const { pn, lidJid } = account.owner.contact
  return { jid: `${pn}:${id}@${server}`, lidJid: lidJid.replace('@', `:${id}@`) }
}
