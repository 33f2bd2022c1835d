// A Signal endpoint inside the simulator: a contact's phone, or the owner's own. One session per companion, whatever address it writes to.
import '../../src/runtime/silence-libsignal.ts'
import {
  Curve,
  generateSignalPubKey,
  initAuthCreds,
  jidDecode,
  type KeyPair,
  proto,
  type SignedKeyPair,
  unpadRandomMax16,
  WAJIDDomains,
  writeRandomPadMax16,
} from '@whiskeysockets/baileys'
import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyDistributionMessage,
  SenderKeyName,
  SenderKeyRecord,
} from '@whiskeysockets/baileys/lib/Signal/Group/index.js'
import './signal-crypto.ts'
import './sign-sender-key.ts'
import libsignal from 'libsignal'

export type SignedPreKey = { keyId: number; publicKey: Uint8Array; signature: Uint8Array }
export type KeyBundle = {
  registrationId: number
  identity: Uint8Array
  signedPreKey: SignedPreKey
  preKey: { keyId: number; publicKey: Uint8Array } | null
}
export type Ciphertext = { type: 'pkmsg' | 'msg' | 'skmsg'; bytes: Buffer }
/** What a peer is made of; the sessions in it are live. */
export type PeerState = {
  creds: { registrationId: number; signedIdentityKey: KeyPair; signedPreKey: SignedKeyPair }
  /** One-time prekeys handed out and not used yet. */
  ownPreKeys: Map<number, KeyPair>
  nextPreKeyId: number
  sessions: Map<string, SessionRecord>
  senderKeys: Map<string, SenderKeyRecord>
}
export type Peer = {
  state: PeerState
  identity: KeyPair
  /** Keys for a client that wants to write to this peer; each call spends a one-time prekey. */
  bundle(): KeyBundle
  hasSession(jid: string): boolean
  /** Replaces any session with that device. */
  startSession(jid: string, bundle: KeyBundle): Promise<void>
  establishSession(jid: string): void
  encrypt(jid: string, plaintext: Uint8Array): Promise<Ciphertext>
  decrypt(jid: string, type: string, ciphertext: Buffer): Promise<proto.Message>
  /** The sender key of this peer in a group, for members that do not have it yet. */
  distribution(groupId: string, selfJid: string): Promise<proto.Message.ISenderKeyDistributionMessage>
  encryptGroup(groupId: string, selfJid: string, plaintext: Uint8Array): Promise<Ciphertext>
  learnSenderKey(groupId: string, authorJid: string, distribution: Uint8Array): Promise<void>
  hasSenderKey(groupId: string, authorJid: string): boolean
  decryptGroup(groupId: string, authorJid: string, ciphertext: Buffer): Promise<proto.Message>
}

const preKeyMessageType = 3
const { ProtocolAddress, SessionBuilder, SessionCipher } = libsignal
export type SessionRecord = InstanceType<typeof libsignal.SessionRecord>
/** What libsignal's own types leave out of its live records. */
type LiveRecord = { getOpenSession(): { pendingPreKey?: unknown } | undefined }

/** Records stay live and are serialized only to keep the whole world: the simulator must cost less than the client it feeds. */
const newPeerState = (): PeerState => ({
  creds: initAuthCreds(),
  ownPreKeys: new Map(),
  nextPreKeyId: 1,
  sessions: new Map(),
  senderKeys: new Map(),
})

export function createPeer(state: PeerState = newPeerState()): Peer {
  const { creds, ownPreKeys, sessions, senderKeys } = state
  const identity = creds.signedIdentityKey

  const storage = {
    loadSession: async (id: string) => sessions.get(id),
    storeSession: async (id: string, record: SessionRecord) => void sessions.set(id, record),
    isTrustedIdentity: () => true,
    loadPreKey: async (id: number | string) => signalPair(ownPreKeys.get(Number(id))),
    removePreKey: (id: number) => void ownPreKeys.delete(id),
    loadSignedPreKey: () => signalKeys(creds.signedPreKey.keyPair),
    getOurRegistrationId: () => creds.registrationId,
    getOurIdentity: () => signalKeys(identity),
    loadSenderKey: async (name: SenderKeyName) => senderKeys.get(name.toString()) ?? new SenderKeyRecord(),
    storeSenderKey: async (name: SenderKeyName, record: SenderKeyRecord) => void senderKeys.set(name.toString(), record),
  }

  return {
    state,
    identity,
    bundle() {
      const keyId = state.nextPreKeyId++
      const pair = Curve.generateKeyPair()
      ownPreKeys.set(keyId, pair)
      const { keyPair, signature, keyId: signedKeyId } = creds.signedPreKey
      return {
        registrationId: creds.registrationId,
        identity: identity.public,
        signedPreKey: { keyId: signedKeyId, publicKey: keyPair.public, signature },
        preKey: { keyId, publicKey: pair.public },
      }
    },
    hasSession: jid => sessions.get(address(jid).toString())?.haveOpenSession() ?? false,
    async startSession(jid, bundle) {
      sessions.delete(address(jid).toString())
      await new SessionBuilder(storage, address(jid)).initOutgoing(signalBundle(bundle))
    },
    establishSession(jid) {
      const record = sessions.get(address(jid).toString()) as (SessionRecord & LiveRecord) | undefined
      delete record?.getOpenSession()?.pendingPreKey
    },
    async encrypt(jid, plaintext) {
      const { type, body } = await new SessionCipher(storage, address(jid)).encrypt(pad(plaintext))
      return { type: type === preKeyMessageType ? 'pkmsg' : 'msg', bytes: binary(body) }
    },
    async decrypt(jid, type, ciphertext) {
      const cipher = new SessionCipher(storage, address(jid))
      const padded =
        type === 'pkmsg' ? await cipher.decryptPreKeyWhisperMessage(ciphertext) : await cipher.decryptWhisperMessage(ciphertext)
      return proto.Message.decode(unpadRandomMax16(padded))
    },
    async distribution(groupId, selfJid) {
      const message = await new GroupSessionBuilder(storage).create(new SenderKeyName(groupId, address(selfJid)))
      return { groupId, axolotlSenderKeyDistributionMessage: message.serialize() }
    },
    async encryptGroup(groupId, selfJid, plaintext) {
      const name = new SenderKeyName(groupId, address(selfJid))
      const bytes = await phoneLikeCipher(new GroupCipher(storage, name)).encrypt(pad(plaintext))
      return { type: 'skmsg', bytes: Buffer.from(bytes) }
    },
    async learnSenderKey(groupId, authorJid, distribution) {
      const message = new SenderKeyDistributionMessage(null, null, null, null, distribution)
      await new GroupSessionBuilder(storage).process(new SenderKeyName(groupId, address(authorJid)), message)
    },
    hasSenderKey: (groupId, authorJid) => senderKeys.has(new SenderKeyName(groupId, address(authorJid)).toString()),
    async decryptGroup(groupId, authorJid, ciphertext) {
      const padded = await new GroupCipher(storage, new SenderKeyName(groupId, address(authorJid))).decrypt(ciphertext)
      return proto.Message.decode(unpadRandomMax16(padded))
    },
  }
}

/**
 * Baileys' GroupCipher.encrypt skips every second iteration (group_cipher.js:23), which fills receivers' records with skipped
 * keys; phones use the current one, so this cipher does.
 */
function phoneLikeCipher(cipher: GroupCipher): GroupCipher {
  type State = { getSenderChainKey(): { getIteration(): number } }
  type Keyed = { getSenderKey(state: State, iteration: number): unknown }
  const keyed = cipher as unknown as Keyed
  const getSenderKey = keyed.getSenderKey.bind(cipher)
  keyed.getSenderKey = state => getSenderKey(state, state.getSenderChainKey().getIteration())
  return cipher
}

function address(jid: string) {
  const decoded = jidDecode(jid)
  if (decoded === undefined) throw new Error(`addressing ${jid}: expected a JID`)
  const { user, device, domainType } = decoded
  return new ProtocolAddress(domainType === WAJIDDomains.WHATSAPP ? user : `${user}_${domainType}`, device ?? 0)
}

function pad(plaintext: Uint8Array): Buffer {
  return Buffer.from(writeRandomPadMax16(plaintext))
}

/** libsignal types a ciphertext as string; it is bytes, or a binary string in old paths. */
function binary(body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body, 'binary') : Buffer.from(body)
}

function signalKeys(pair: KeyPair): { privKey: Buffer; pubKey: Buffer } {
  return { privKey: Buffer.from(pair.private), pubKey: Buffer.from(generateSignalPubKey(pair.public)) }
}

function signalPair(pair: KeyPair | undefined) {
  return pair && signalKeys(pair)
}

type SignalBundle = Parameters<InstanceType<typeof SessionBuilder>['initOutgoing']>[0]

/** A bundle without a one-time prekey is legal in libsignal, though its types forbid it. */
function signalBundle({ registrationId, identity, signedPreKey, preKey }: KeyBundle): SignalBundle {
  const key = (publicKey: Uint8Array) => Buffer.from(generateSignalPubKey(publicKey))
  const bundle: Omit<SignalBundle, 'preKey'> = {
    registrationId,
    identityKey: key(identity),
    signedPreKey: {
      keyId: signedPreKey.keyId,
      publicKey: key(signedPreKey.publicKey),
      signature: Buffer.from(signedPreKey.signature),
    },
  }
  return (
    preKey === null ? bundle : { ...bundle, preKey: { keyId: preKey.keyId, publicKey: key(preKey.publicKey) } }
  ) as SignalBundle
}
