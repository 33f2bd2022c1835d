// Takes in one encrypted stanza part: decrypt, begin its append, step its ratchet, remember it, all in one key transaction under the lock that
// Baileys takes itself (lib/Utils/auth-utils.js: nested transactions join). A part that does not decrypt leaves nothing of the transaction.
import type { SignalDataSet, SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'
import type { Begun } from './begun.ts'
import type { MakeSignalRepository } from './gated-repository.ts'

export type Repository = ReturnType<MakeSignalRepository>
export type SenderKey = Parameters<Repository['processSenderKeyDistributionMessage']>[0]
export type MessagePart = Parameters<Repository['decryptMessage']>[0]
export type GroupPart = Parameters<Repository['decryptGroupMessage']>[0]

export type DecryptedStanzaPart = {
  ciphertext: Uint8Array
  plaintext: Uint8Array
  /** It replaced the identity of its sender, whose sessions so far are gone. */
  changesIdentity: boolean
  /** Writes keys of a type of zaplog's own in the ratchet's transaction. */
  keep(type: string, values: Readonly<Record<string, unknown>>): Promise<void>
  /**
   * Inside this transaction, and not again when Baileys asks for it afterwards. Answers what its bytes are refused for, null where they
   * are taken in. Rejects where the store could not: a stanza part that was committed without its key would lose that key for good.
   */
  processSenderKey(senderKey: SenderKey): Promise<unknown>
}
/** What Baileys is to hear of a part that does not decrypt: an error, or of one that came before what that one was, with the keys in it. */
export type Answer = { error: unknown } | { plaintext: Uint8Array; senderKeys: readonly SenderKey[] }
export type StanzaPartGate = {
  /** Resolves once the append is begun and what belongs to the step is set; runs inside the ratchet's transaction. */
  decrypted(part: DecryptedStanzaPart): Promise<Begun>
  /** What to answer instead of `error`, once what has to be appended about the failure is durable. */
  failed(part: { ciphertext: Uint8Array; error: unknown }): Promise<Begun & Answer>
}

export type TakenPart = Begun & {
  /** Throws what Baileys is to hear of a part that did not decrypt. */
  answer(): Uint8Array
  /** Processed with it. */
  senderKeys: SenderKey[]
}
/** Each rejects where the part could not be taken in: its socket has ended then, and nothing of it is committed. */
export type TakePart = { message(part: MessagePart): Promise<TakenPart>; group(part: GroupPart): Promise<TakenPart> }
type Deps = {
  repository: Repository
  /** On keys of nobody: nothing can fail in it, so that what fails is refused for its own bytes. */
  rehearsal: Repository
  keys: SignalKeyStoreWithTransaction
  gate: StanzaPartGate
  /** Of the auth state. */
  bringBack(): Promise<SignalDataSet | null>
}
type Decrypted = { plaintext: Uint8Array; changesIdentity: boolean }

export function createTakePart({ repository, rehearsal, keys, gate, bringBack }: Deps): TakePart {
  const keep: DecryptedStanzaPart['keep'] = async (type, values) => keys.set({ [type]: values } as SignalDataSet)

  async function take(lock: string, ciphertext: Uint8Array, decrypt: () => Promise<Decrypted>): Promise<TakenPart> {
    const end: { failed: (Begun & Answer) | null } = { failed: null }
    const senderKeys: SenderKey[] = []
    const processSenderKey: DecryptedStanzaPart['processSenderKey'] = async senderKey => {
      const refusal = await refusalOf(rehearsal, senderKey)
      if (refusal !== null) return refusal
      await repository.processSenderKeyDistributionMessage(senderKey)
      senderKeys.push(senderKey)
      return null
    }
    try {
      return await keys.transaction(async () => {
        const decrypted = await decryptWithAll(decrypt).catch(async error => {
          end.failed = await gate.failed({ ciphertext, error })
          throw error
        })
        const { durable } = await gate.decrypted({ ciphertext, ...decrypted, keep, processSenderKey })
        return { durable, answer: () => decrypted.plaintext, senderKeys }
      }, lock)
    } catch (failure) {
      const { failed } = end
      if (failed === null) throw failure
      if ('error' in failed) return { durable: failed.durable, answer: () => fail(failed.error), senderKeys }
      return { durable: failed.durable, answer: () => failed.plaintext, senderKeys: [...failed.senderKeys] }
    }
  }

  /** Where it takes message keys that were set aside after a crash, they are part of its transaction. */
  async function decryptWithAll(decrypt: () => Promise<Decrypted>): Promise<Decrypted> {
    try {
      return await decrypt()
    } catch (error) {
      const back = await bringBack()
      if (back === null) throw error
      await keys.set(back)
      return decrypt()
    }
  }

  async function decryptFirst(part: MessagePart): Promise<Decrypted> {
    const address = repository.jidToSignalProtocolAddress(part.jid)
    const identity = async () => (await keys.get('identity-key', [address]))[address]
    const before = await identity()
    const plaintext = await repository.decryptMessage(part)
    return { plaintext, changesIdentity: before !== undefined && Buffer.compare(before, (await identity()) ?? before) !== 0 }
  }

  const known = async (decrypting: Promise<Uint8Array>): Promise<Decrypted> => ({
    plaintext: await decrypting,
    changesIdentity: false,
  })

  return {
    message: part =>
      take(part.jid, part.ciphertext, () =>
        part.type === 'pkmsg' ? decryptFirst(part) : known(repository.decryptMessage(part)),
      ),
    group: part => take(part.group, part.msg, () => known(repository.decryptGroupMessage(part))),
  }
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

function fail(error: unknown): never {
  throw error
}
