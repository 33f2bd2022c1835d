// The server's side of Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it, with a certificate chain that is really signed
// (the client's side is Baileys' Utils/noise-handler.js).
import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { Curve, type KeyPair, NOISE_MODE, NOISE_WA_HEADER, proto } from '@whiskeysockets/baileys'
import { required } from './stanza.ts'

export type Authority = { rootPublicKey: Uint8Array; serverKey: KeyPair; chain: Buffer }
export type ClientLogin = { noiseKey: Buffer; payload: proto.ClientPayload }
export type Noise = {
  /** Whole frames out of what has arrived so far; the rest waits for more. */
  frames(chunk: Buffer): Iterable<Buffer>
  stage(): 'hello' | 'finish' | 'transport'
  answerHello(frame: Buffer): Buffer
  /** From here on frames are sealed and opened by count: none may be skipped or swapped. */
  finish(frame: Buffer): ClientLogin
  seal(plaintext: Uint8Array): Buffer
  open(frame: Buffer): Buffer
}

const empty = Buffer.alloc(0)
const tagBytes = 16
const validUntil = Date.UTC(2100, 0, 1) / 1000

/** root -> intermediate -> leaf, the leaf being the server's static key. */
export function createAuthority(): Authority {
  const root = Curve.generateKeyPair()
  const intermediate = Curve.generateKeyPair()
  const serverKey = Curve.generateKeyPair()
  const { Details } = proto.CertChain.NoiseCertificate
  const details = (serial: number, issuerSerial: number, key: Uint8Array) =>
    Buffer.from(Details.encode({ serial, issuerSerial, key, notBefore: 0, notAfter: validUntil }).finish())
  const intermediateDetails = details(1, 0, intermediate.public)
  const leafDetails = details(2, 1, serverKey.public)
  const chain = proto.CertChain.encode({
    intermediate: { details: intermediateDetails, signature: Curve.sign(root.private, intermediateDetails) },
    leaf: { details: leafDetails, signature: Curve.sign(intermediate.private, leafDetails) },
  }).finish()
  return { rootPublicKey: root.public, serverKey, chain: Buffer.from(chain) }
}

export function acceptNoise(authority: Authority): Noise {
  const handshake = startHandshake()
  const ephemeral = Curve.generateKeyPair()
  let stage: 'hello' | 'finish' | 'transport' = 'hello'
  // key objects: handed raw bytes, Node 24 spends three times the cipher's own time on finding out what they are
  let readKey = createSecretKey(empty)
  let writeKey = createSecretKey(empty)
  let readCount = 0
  let writeCount = 0

  function answerHello(bytes: Buffer): Buffer {
    const { clientHello } = proto.HandshakeMessage.decode(bytes)
    const clientEphemeral = Buffer.from(required(clientHello?.ephemeral, 'an ephemeral key in the client hello'))
    handshake.mixHash(clientEphemeral)
    handshake.mixHash(ephemeral.public)
    handshake.mixKey(Curve.sharedKey(ephemeral.private, clientEphemeral))
    const sealedKey = handshake.seal(authority.serverKey.public)
    handshake.mixKey(Curve.sharedKey(authority.serverKey.private, clientEphemeral))
    const payload = handshake.seal(authority.chain)
    stage = 'finish'
    return frame(
      proto.HandshakeMessage.encode({ serverHello: { ephemeral: ephemeral.public, static: sealedKey, payload } }).finish(),
    )
  }

  function finish(bytes: Buffer): ClientLogin {
    const { clientFinish } = proto.HandshakeMessage.decode(bytes)
    const noiseKey = handshake.open(Buffer.from(required(clientFinish?.static, 'a static key in the client finish')))
    handshake.mixKey(Curve.sharedKey(ephemeral.private, noiseKey))
    const payload = handshake.open(Buffer.from(required(clientFinish?.payload, 'a payload in the client finish')))
    const [fromClient, toClient] = handshake.split()
    readKey = createSecretKey(fromClient)
    writeKey = createSecretKey(toClient)
    stage = 'transport'
    return { noiseKey, payload: proto.ClientPayload.decode(payload) }
  }

  return {
    frames: createFrameReader(),
    stage: () => stage,
    answerHello,
    finish,
    seal: plaintext => frame(seal(writeKey, writeCount++, empty, plaintext)),
    open: bytes => open(readKey, readCount++, empty, bytes),
  }
}

/** Noise's symmetric state: every byte exchanged goes into the hash, every shared secret into the key. */
function startHandshake() {
  const name = Buffer.from(NOISE_MODE)
  let hash = name.length === 32 ? name : sha256(name)
  let chainingKey = hash
  let key = hash
  let count = 0
  const mixHash = (bytes: Uint8Array) => {
    hash = sha256(Buffer.concat([hash, bytes]))
  }
  const derive = (secret: Uint8Array): [Buffer, Buffer] => {
    const keys = Buffer.from(hkdfSync('sha256', secret, chainingKey, '', 64))
    return [keys.subarray(0, 32), keys.subarray(32)]
  }
  mixHash(NOISE_WA_HEADER)
  return {
    mixHash,
    mixKey(secret: Uint8Array) {
      ;[chainingKey, key] = derive(secret)
      count = 0
    },
    seal(plaintext: Uint8Array): Buffer {
      const ciphertext = seal(key, count++, hash, plaintext)
      mixHash(ciphertext)
      return ciphertext
    },
    open(ciphertext: Buffer): Buffer {
      const plaintext = open(key, count++, hash, ciphertext)
      mixHash(ciphertext)
      return plaintext
    },
    split: () => derive(empty),
  }
}

/** Skips the intro once: optionally `ED 0 1 len24 routing-info`, then `WA` and two version bytes. */
function createFrameReader() {
  let buffered: Buffer = empty
  let introSeen = false
  const introLength = () => (buffered.toString('latin1', 0, 2) === 'ED' ? 7 + buffered.readUIntBE(4, 3) : 0)

  return function* frames(chunk: Buffer): Iterable<Buffer> {
    buffered = buffered.length > 0 ? Buffer.concat([buffered, chunk]) : chunk
    if (!introSeen) {
      if (buffered.length < 7 || buffered.length < introLength() + 4) return
      buffered = buffered.subarray(introLength())
      if (buffered.toString('latin1', 0, 2) !== 'WA') throw new Error('reading the noise intro: expected WA')
      buffered = buffered.subarray(4)
      introSeen = true
    }
    while (buffered.length >= 3) {
      const end = 3 + buffered.readUIntBE(0, 3)
      if (buffered.length < end) return
      const bytes = buffered.subarray(3, end)
      buffered = buffered.subarray(end)
      yield bytes
    }
  }
}

function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(3 + bytes.length)
  framed.writeUIntBE(bytes.length, 0, 3)
  framed.set(bytes, 3)
  return framed
}

function nonce(count: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(count, 8)
  return bytes
}

function seal(key: Buffer | KeyObject, count: number, aad: Buffer, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(count)).setAAD(aad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function open(key: Buffer | KeyObject, count: number, aad: Buffer, ciphertext: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(count)).setAAD(aad)
  decipher.setAuthTag(ciphertext.subarray(-tagBytes))
  return Buffer.concat([decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final()])
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
