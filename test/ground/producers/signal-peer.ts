// Somebody who writes and reads with the signal repository that Baileys itself makes, on whichever keys.
import '../../../src/runtime/silence-libsignal.ts'
import {
  type AuthenticationCreds,
  addTransactionCapability,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  generateSignalPubKey,
  initAuthCreds,
  proto,
  type SignalDataSet,
  type SignalKeyStore,
  type SocketConfig,
} from '@whiskeysockets/baileys'

export const quiet: SocketConfig['logger'] = {
  level: 'silent',
  child: () => quiet,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

type Met = { jid: string; bundle(preKeyId: number): Promise<E2ESession> }
type Repository = ReturnType<SocketConfig['makeSignalRepository']>
type E2ESession = Parameters<Repository['injectE2ESession']>[0]['session']
export type Peer = ReturnType<typeof openPeer>
export type Sealed = Awaited<ReturnType<Repository['encryptMessage']>>

export function openPeer(jid: string, keys: SignalKeyStore = inMemory(), creds: AuthenticationCreds = initAuthCreds()) {
  const store = addTransactionCapability(keys, quiet, { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys: store }, quiet)
  const meet = async (other: Met, preKeyId: number) =>
    repository.injectE2ESession({ jid: other.jid, session: await other.bundle(preKeyId) })

  return {
    jid,
    store,
    repository,
    /** What WhatsApp hands to somebody who writes first; the pre-key is kept. */
    bundle: async (preKeyId: number): Promise<E2ESession> => {
      const pair = Curve.generateKeyPair()
      await store.set({ 'pre-key': { [preKeyId]: pair } })
      const { signedPreKey } = creds
      return {
        registrationId: creds.registrationId,
        identityKey: generateSignalPubKey(creds.signedIdentityKey.public),
        signedPreKey: {
          keyId: signedPreKey.keyId,
          publicKey: generateSignalPubKey(signedPreKey.keyPair.public),
          signature: signedPreKey.signature,
        },
        preKey: { keyId: preKeyId, publicKey: generateSignalPubKey(pair.public) },
      }
    },
    meet,
    write: (to: { jid: string }, text: string) => repository.encryptMessage({ jid: to.jid, data: Buffer.from(text) }),
    read: async (from: { jid: string }, sealed: Sealed) =>
      Buffer.from(await repository.decryptMessage({ jid: from.jid, ...sealed })).toString(),
    writeGroup: (group: string, text: string) => repository.encryptGroupMessage({ group, meId: jid, data: Buffer.from(text) }),
    takeSenderKey: (from: { jid: string }, group: string, bytes: Uint8Array) =>
      repository.processSenderKeyDistributionMessage({
        authorJid: from.jid,
        item: proto.Message.SenderKeyDistributionMessage.fromObject({
          groupId: group,
          axolotlSenderKeyDistributionMessage: bytes,
        }),
      }),
    readGroup: async (from: { jid: string }, group: string, msg: Uint8Array) =>
      Buffer.from(await repository.decryptGroupMessage({ group, authorJid: from.jid, msg })).toString(),
  }
}

/** As addressed by Baileys, for a JID of a LID. */
export const addressOf = (jid: string) => `${jid.replace('@lid', '_1')}.0`

function inMemory(): SignalKeyStore {
  const kept = new Map<string, unknown>()
  return {
    get: async (type, ids) =>
      Object.fromEntries(ids.flatMap(id => (kept.has(`${type}|${id}`) ? [[id, kept.get(`${type}|${id}`)]] : []))) as never,
    set: async (data: SignalDataSet) => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values))
          if (value === null) kept.delete(`${type}|${id}`)
          else kept.set(`${type}|${id}`, value)
    },
  }
}
