// Baileys' signal repository with two faces: one takes stanza parts in ahead of Baileys (take-part.ts), the other is what Baileys asks, and
// answers with what was made ahead, once that is durable. Whatever encrypts goes through one door (encrypt-door.ts).
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  DEFAULT_CONNECTION_CONFIG,
  type SignalDataSet,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
} from '@whiskeysockets/baileys'
import { createEncryptDoor } from './encrypt-door.ts'
import { moveWithPairs } from './move-with-pairs.ts'
import {
  createTakePart,
  type GroupPart,
  type MessagePart,
  type Repository,
  type SenderKey,
  type StanzaPartGate,
  type TakenPart,
} from './take-part.ts'

export type MakeSignalRepository = SocketConfig['makeSignalRepository']
type AskLids = NonNullable<Parameters<MakeSignalRepository>[2]>
/** Of the auth state (auth-state.ts). */
export type Ahead = { ahead<T>(work: () => Promise<T>): Promise<{ result: T; kept: Promise<void> }> }
export type GatedRepository = {
  /** For Baileys' options. */
  make: MakeSignalRepository
  /** For whoever takes stanzas in, inside `ahead`: nothing waits in it. Throws before Baileys has made its own. */
  ahead(): Repository
  /**
   * All that `work` sets is one unit of the keys, however many transactions of Baileys it is made in: they join this one, and wait for nobody
   * who waits for a write. Its lock is its own: those of Baileys may be held by whoever waits for the database.
   */
  inOneUnit<T>(work: () => Promise<T>): Promise<T>
  /** Nothing that is encrypted in `work` is answered before `until` resolves; where that rejects, so does the encryption. */
  sending<T>(until: () => Promise<void>, work: () => Promise<T>): Promise<T>
}
type Deps = {
  gate: StanzaPartGate
  auth: Ahead & { flush(): Promise<void>; bringBack(): Promise<SignalDataSet | null> }
  lookUpLids(ask: AskLids): AskLids
}
/** Whoever takes in waits for no unit of what Baileys does, which waits for the database. */
const unitLocks = { ahead: 'zaplog-unit', handed: 'zaplog-handed-unit' }
/** In whose context something is sent, and what that waits for. */
type Sending = AsyncLocalStorage<() => Promise<void>>
type Faces = { ahead: Repository; handed: Repository; keys: SignalKeyStoreWithTransaction }

export function gateRepository(deps: Deps): GatedRepository {
  const sending: Sending = new AsyncLocalStorage()
  let made: Faces | null = null
  const faces = (): Faces => {
    if (made === null) throw new Error('taking in stanzas: Baileys has made no signal repository yet')
    return made
  }
  return {
    make: (auth, logger, pnToLids) => {
      const { keys } = auth
      if (!('transaction' in keys)) throw new Error('gating a signal repository: expected keys with transactions')
      const make = DEFAULT_CONNECTION_CONFIG.makeSignalRepository
      const repository = make(auth, logger, pnToLids && deps.lookUpLids(pnToLids))
      const rehearsal = make({ ...auth, keys: emptyKeys }, logger)
      made = facesOf({ ...deps, repository, rehearsal, keys, sending })
      return made.handed
    },
    ahead: () => faces().ahead,
    inOneUnit: work => faces().keys.transaction(work, unitLocks.ahead),
    sending: (until, work) => sending.run(until, work),
  }
}

/** By the ciphertext's identity. `address`: whom it was decrypted as. */
type Made = { address: string; taken: Promise<TakenPart> }
type Parts = Deps & { repository: Repository; rehearsal: Repository; keys: SignalKeyStoreWithTransaction; sending: Sending }

function facesOf({ gate, auth, repository, rehearsal, keys, sending }: Parts): Faces {
  const takePart = createTakePart({ repository, rehearsal, keys, gate, bringBack: auth.bringBack })
  const made = new WeakMap<Uint8Array, Made>()
  const process = repository.processSenderKeyDistributionMessage

  async function takeAhead(ciphertext: Uint8Array, address: string, take: () => Promise<TakenPart>): Promise<TakenPart> {
    const taken = take()
    made.set(ciphertext, { address, taken })
    return taken
  }

  /** What was made ahead for another address is thrown away: a part that is remembered is then known by its memory. */
  async function takeOver(ciphertext: Uint8Array, address: string, take: () => Promise<TakenPart>): Promise<TakenPart> {
    const found = made.get(ciphertext)
    made.delete(ciphertext)
    const { result, kept } = found?.address === address ? { result: await found.taken, kept: null } : await auth.ahead(take)
    await Promise.all([result.durable, kept])
    return result
  }

  /** `answers`: how a part is come by. A sender key that came with the part before, and was processed, is not processed again. */
  function face(answers: typeof takeAhead, unitLock: string): Repository {
    let newest: TakenPart | null = null
    async function decrypt(ciphertext: Uint8Array, address: string, take: () => Promise<TakenPart>): Promise<Uint8Array> {
      newest = await answers(ciphertext, address, take)
      return newest.answer()
    }
    return {
      ...repository,
      ...createEncryptDoor({ repository, keys, flush: auth.flush, until: () => sending.getStore() ?? null }),
      lidMapping: moveWithPairs({ repository, keys, inOneUnit: work => keys.transaction(work, unitLock) }),
      decryptMessage: part => decrypt(part.ciphertext, addressOfMessage(part), () => takePart.message(part)),
      decryptGroupMessage: part => decrypt(part.msg, addressOfGroup(part), () => takePart.group(part)),
      processSenderKeyDistributionMessage: async senderKey => {
        const part = newest
        if (part?.senderKeys.some(known => isSame(known, senderKey))) return
        await process(senderKey)
        part?.senderKeys.push(senderKey)
      },
    }
  }

  return { ahead: face(takeAhead, unitLocks.ahead), handed: face(takeOver, unitLocks.handed), keys }
}

const addressOfMessage = ({ type, jid }: MessagePart): string => `${type} ${jid}`
const addressOfGroup = ({ group, authorJid }: GroupPart): string => `${group} ${authorJid}`

/** Keys of nobody: nothing can fail in them, so that what fails with them is refused for its own bytes. */
const emptyKeys: SignalKeyStoreWithTransaction = {
  get: async () => ({}),
  set: async () => undefined,
  isInTransaction: () => false,
  transaction: work => work(),
}

const isSame = (one: SenderKey, other: SenderKey): boolean =>
  one.authorJid === other.authorJid &&
  one.item.groupId === other.item.groupId &&
  Buffer.compare(bytesOf(one), bytesOf(other)) === 0

const bytesOf = ({ item }: SenderKey): Uint8Array => item.axolotlSenderKeyDistributionMessage ?? new Uint8Array()
