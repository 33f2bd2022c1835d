// Decrypt, append, ratchet commit, receipt, in this order: wraps Baileys' signal repository so that the append happens inside the key
// transaction that advances the ratchet. A crash before the commit repeats, never loses. (lib/Utils/auth-utils.js: nested transactions join.)
import {
  DEFAULT_CONNECTION_CONFIG,
  type SignalDataSet,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
} from '@whiskeysockets/baileys'

export type MakeSignalRepository = SocketConfig['makeSignalRepository']
type Repository = ReturnType<MakeSignalRepository>
type SenderKey = Parameters<Repository['processSenderKeyDistributionMessage']>[0]

export type DecryptedStanzaPart = {
  ciphertext: Uint8Array
  plaintext: Uint8Array
  /** Writes keys of a type of zaplog's own in the ratchet's transaction. */
  keep(type: string, values: Readonly<Record<string, unknown>>): Promise<void>
  /**
   * Inside this transaction, and not again when Baileys asks for it afterwards. Answers what its bytes are refused for, null where they
   * are taken in. Rejects where the store could not: a stanza part that was committed without its key would lose that key for good.
   */
  processSenderKey(senderKey: SenderKey): Promise<unknown>
}
export type StanzaPartGate = {
  /** Resolves once the stanza part is durable; runs inside the ratchet's transaction. */
  decrypted(part: DecryptedStanzaPart): Promise<void>
  /** What to throw instead of `error`; resolves once what has to be appended about the failure is durable. */
  failed(part: { ciphertext: Uint8Array; error: unknown }): Promise<unknown>
}

export function gateRepository(gate: StanzaPartGate, lookUpLids: (ask: AskLids) => AskLids): MakeSignalRepository {
  return (auth, logger, pnToLids) => {
    const { keys } = auth
    if (!('transaction' in keys)) throw new Error('gating a signal repository: expected keys with transactions')
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLids && lookUpLids(pnToLids))
    const rehearsal = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ ...auth, keys: emptyKeys }, logger)
    let processed: SenderKey | null = null

    async function processSenderKey(senderKey: SenderKey): Promise<unknown> {
      const refusal = await refusalOf(rehearsal, senderKey)
      if (refusal !== null) return refusal
      await repository.processSenderKeyDistributionMessage(senderKey)
      processed = senderKey
      return null
    }

    const keep: DecryptedStanzaPart['keep'] = async (type, values) => keys.set({ [type]: values } as SignalDataSet)

    /** The lock is the one Baileys takes itself, so that its transaction joins this one. */
    const gated = (lock: string, ciphertext: Uint8Array, decrypt: () => Promise<Uint8Array>) =>
      keys.transaction(async () => {
        const plaintext = await decrypt().catch(async error => {
          throw await gate.failed({ ciphertext, error })
        })
        await gate.decrypted({ ciphertext, plaintext, keep, processSenderKey })
        return plaintext
      }, lock)

    return {
      ...repository,
      decryptMessage: part => gated(part.jid, part.ciphertext, () => repository.decryptMessage(part)),
      decryptGroupMessage: part => gated(part.group, part.msg, () => repository.decryptGroupMessage(part)),
      processSenderKeyDistributionMessage: async senderKey => {
        if (processed !== null && isSame(processed, senderKey)) return
        await repository.processSenderKeyDistributionMessage(senderKey)
      },
    }
  }
}

/** Keys of nobody: nothing can fail in them, so that what fails with them is refused for its own bytes. */
const emptyKeys: SignalKeyStoreWithTransaction = {
  get: async () => ({}),
  set: async () => undefined,
  isInTransaction: () => false,
  transaction: work => work(),
}

/** null: these bytes are a sender key. */
async function refusalOf(rehearsal: Repository, senderKey: SenderKey): Promise<unknown> {
  try {
    await rehearsal.processSenderKeyDistributionMessage(senderKey)
    return null
  } catch (refusal) {
    return refusal
  }
}

type AskLids = NonNullable<Parameters<MakeSignalRepository>[2]>

const isSame = (one: SenderKey, other: SenderKey): boolean =>
  one.authorJid === other.authorJid &&
  one.item.groupId === other.item.groupId &&
  Buffer.compare(bytesOf(one), bytesOf(other)) === 0

const bytesOf = ({ item }: SenderKey): Uint8Array => item.axolotlSenderKeyDistributionMessage ?? new Uint8Array()
