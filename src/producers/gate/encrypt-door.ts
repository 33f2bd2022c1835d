// The one door of what encrypts, or begins a session to encrypt with: everything that was set of it until then is durable before, and the step
// that it makes is durable before its bytes are answered. A peer knows only ratchet keys of ours that we sent: one that we sent and lost
// would make what the peer writes next unreadable, and a counter that was used twice what we write. Of a command it is durable besides that it is tried.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'
import type { Repository } from './take-part.ts'

export type EncryptDoor = Pick<
  Repository,
  'encryptMessage' | 'encryptGroupMessage' | 'getSenderKeyDistributionMessage' | 'injectE2ESession'
>
/** `until`: of whatever is sent just now in this context what it waits for besides; null: nothing. */
type Deps = {
  repository: Repository
  keys: SignalKeyStoreWithTransaction
  flush(): Promise<void>
  until(): (() => Promise<void>) | null
}

/** Made outside of every key transaction, and of `ahead`. */
export function createEncryptDoor({ repository, keys, flush, until }: Deps): EncryptDoor {
  const outside = AsyncLocalStorage.snapshot()

  /**
   * In a transaction of its own, also where Baileys asks inside of one (relayMessage in lib/Socket/messages-send.js): that one commits once the
   * stanza has left, and its lock is another one than that of whoever decrypts. A flush waits for no lock, so that both may be had at once.
   */
  const through = <T>(lock: string, work: () => Promise<T>): Promise<T> => {
    const besides = until()
    return outside(async () => {
      await flush()
      const made = await keys.transaction(async () => {
        // What came in while this waited for the lock.
        await flush()
        return work()
      }, lock)
      await besides?.()
      return made
    })
  }

  return {
    encryptMessage: of => through(of.jid, () => repository.encryptMessage(of)),
    encryptGroupMessage: of => through(of.group, () => repository.encryptGroupMessage(of)),
    getSenderKeyDistributionMessage: of => through(of.group, () => repository.getSenderKeyDistributionMessage(of)),
    injectE2ESession: of => through(of.jid, () => repository.injectE2ESession(of)),
  }
}
