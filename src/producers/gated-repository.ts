// Decrypt, append, ratchet commit, receipt, in this order: wraps Baileys' signal repository so that the append happens inside the key
// transaction that advances the ratchet. A crash before the commit repeats, never loses. (lib/Utils/auth-utils.js: nested transactions join.)
import { DEFAULT_CONNECTION_CONFIG, type SignalDataSet, type SocketConfig } from '@whiskeysockets/baileys'

export type MakeSignalRepository = SocketConfig['makeSignalRepository']
type Repository = ReturnType<MakeSignalRepository>
type SenderKey = Parameters<Repository['processSenderKeyDistributionMessage']>[0]

export type DecryptedPart = {
  ciphertext: Uint8Array
  plaintext: Uint8Array
  /** Writes keys of a type of zaplog's own in the ratchet's transaction. */
  keep(type: string, values: Readonly<Record<string, unknown>>): Promise<void>
  /** Inside this transaction, and not again when Baileys asks for it afterwards. */
  processSenderKey(senderKey: SenderKey): Promise<void>
}
export type PartGate = {
  /** Resolves once the part is durable; runs inside the ratchet's transaction. */
  decrypted(part: DecryptedPart): Promise<void>
  /** What to throw instead of `error`; resolves once what has to be appended about the failure is durable. */
  failed(part: { ciphertext: Uint8Array; error: unknown }): Promise<unknown>
}

export function gateRepository(gate: PartGate, lookUpLids: (ask: AskLids) => AskLids): MakeSignalRepository {
  return (auth, logger, pnToLids) => {
    const { keys } = auth
    if (!('transaction' in keys)) throw new Error('gating a signal repository: expected keys with transactions')
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLids && lookUpLids(pnToLids))
    let processed: SenderKey | null = null

    async function processSenderKey(senderKey: SenderKey): Promise<void> {
      await repository.processSenderKeyDistributionMessage(senderKey)
      processed = senderKey
    }

    const keep: DecryptedPart['keep'] = async (type, values) => keys.set({ [type]: values } as SignalDataSet)

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

type AskLids = NonNullable<Parameters<MakeSignalRepository>[2]>

const isSame = (one: SenderKey, other: SenderKey): boolean =>
  one.authorJid === other.authorJid &&
  one.item.groupId === other.item.groupId &&
  Buffer.compare(bytesOf(one), bytesOf(other)) === 0

const bytesOf = ({ item }: SenderKey): Uint8Array => item.axolotlSenderKeyDistributionMessage ?? new Uint8Array()
