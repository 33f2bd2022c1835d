// What is agreed on ahead of a contact's first message is what libsignal asks for when it decrypts it, and whatever a stranger writes there
// changes nothing.
import { createRequire } from 'node:module'
import { type BinaryNode, initAuthCreds, type KeyPair } from '@whiskeysockets/baileys'
import { expect, onTestFinished, test } from 'vitest'
import { createFirstAgreements } from '../../src/producers/socket/agree-ahead.ts'

type Pair = { pubKey: Buffer; privKey: Buffer }
const baileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
const libsignal = createRequire(baileys.resolve('libsignal'))
const curve: {
  generateKeyPair(): Pair
  calculateAgreement(publicKey: Uint8Array, privateKey: Uint8Array): Buffer
  calculateSignature(privateKey: Uint8Array, message: Uint8Array): Buffer
} = libsignal('./src/curve.js')
const { SessionBuilder, SessionCipher, ProtocolAddress } = libsignal('./index.js')

const PRE_KEY_ID = 7
const creds = initAuthCreds()
const bare = ({ public: pub, private: priv }: KeyPair): Pair => ({
  pubKey: Buffer.concat([Buffer.of(5), Buffer.from(pub)]),
  privKey: Buffer.from(priv),
})
const preKeyPair = curve.generateKeyPair()
const preKey: KeyPair = { public: preKeyPair.pubKey.subarray(1), private: preKeyPair.privKey }

/** Sessions in memory, as libsignal asks for them. */
function storageOf(identity: Pair, keys: { preKey?: Pair; signed?: Pair } = {}) {
  const sessions = new Map<string, unknown>()
  return {
    getOurIdentity: () => identity,
    getOurRegistrationId: () => 1,
    isTrustedIdentity: () => true,
    loadSession: async (id: string) => sessions.get(id),
    storeSession: async (id: string, record: unknown) => void sessions.set(id, record),
    loadPreKey: () => keys.preKey,
    removePreKey: () => undefined,
    loadSignedPreKey: () => keys.signed,
  }
}

const ours = storageOf(bare(creds.signedIdentityKey), { preKey: preKeyPair, signed: bare(creds.signedPreKey.keyPair) })

/** Of a contact who never wrote before. */
async function write(preKeyId: number | undefined): Promise<Buffer> {
  const theirs = storageOf(curve.generateKeyPair())
  const address = new ProtocolAddress('5511900000001', 0)
  await new SessionBuilder(theirs, address).initOutgoing({
    registrationId: creds.registrationId,
    identityKey: bare(creds.signedIdentityKey).pubKey,
    signedPreKey: {
      keyId: creds.signedPreKey.keyId,
      publicKey: bare(creds.signedPreKey.keyPair).pubKey,
      signature: Buffer.from(creds.signedPreKey.signature),
    },
    ...(preKeyId === undefined ? {} : { preKey: { keyId: preKeyId, publicKey: preKeyPair.pubKey } }),
  })
  const { body } = await new SessionCipher(theirs, address).encrypt(Buffer.from('first'))
  return typeof body === 'string' ? Buffer.from(body, 'binary') : body
}

const stanza = (content: Uint8Array, type = 'pkmsg'): BinaryNode => ({
  tag: 'message',
  attrs: { from: '5511900000002@s.whatsapp.net' },
  content: [{ tag: 'enc', attrs: { type }, content }],
})
const nameOf = (publicKey: Uint8Array, privateKey: Uint8Array) =>
  Buffer.concat([Buffer.from(publicKey), Buffer.from(privateKey)]).toString('hex')

function agreedAhead(node: BinaryNode, keptPreKey: (id: number) => KeyPair | null = () => preKey): readonly string[] {
  const ahead: string[] = []
  const agree = createFirstAgreements({ creds, keptPreKey, agreeAhead: (theirs, own) => void ahead.push(nameOf(theirs, own)) })
  agree(node)
  agree(node) // contacts repeat it
  return ahead
}

/** What libsignal asks for while it decrypts. */
async function askedFor(message: Buffer): Promise<readonly string[]> {
  const asked: string[] = []
  const own = curve.calculateAgreement
  curve.calculateAgreement = (publicKey, privateKey) => {
    asked.push(nameOf(publicKey, privateKey))
    return own(publicKey, privateKey)
  }
  onTestFinished(() => {
    curve.calculateAgreement = own
  })
  const cipher = new SessionCipher(ours, new ProtocolAddress(`55119000000${asked.length}${message.length}`, 0))
  expect((await cipher.decryptPreKeyWhisperMessage(message)).toString()).toBe('first')
  curve.calculateAgreement = own
  return asked
}

test('[A2] [B2] what is agreed on ahead is all that libsignal asks for but for the key that it makes itself', async () => {
  const message = await write(PRE_KEY_ID)
  const asked: string[] = []
  const ahead = agreedAhead(stanza(message), id => {
    asked.push(String(id))
    return preKey
  })
  expect(asked).toEqual([String(PRE_KEY_ID)])
  expect(ahead).toEqual((await askedFor(message)).slice(0, 5))
})

test('[A2] [B2] a pre-key that is not in memory, and another kind of message, are left to libsignal', async () => {
  const message = await write(PRE_KEY_ID)
  expect(agreedAhead(stanza(message), () => null)).toHaveLength(4)
  expect(agreedAhead(stanza(message, 'msg'))).toEqual([])
})

test('[B2] whatever stands in place of a first message throws nothing', async () => {
  const message = await write(PRE_KEY_ID)
  for (const wrong of [Buffer.alloc(0), Buffer.of(0x33), message.subarray(0, 40), Buffer.from(message).fill(1, 5, 40)])
    expect(() => agreedAhead(stanza(wrong))).not.toThrow()
  expect(() =>
    createFirstAgreements({
      creds,
      keptPreKey: () => preKey,
      agreeAhead: () => {
        throw new Error('no such point')
      },
    })(stanza(message)),
  ).not.toThrow()
})
