// The server's side of Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it (the client's side is Baileys' Utils/noise-handler.js).
import { Curve, proto } from '@whiskeysockets/baileys'
import type { Authority } from './authority.ts'
import { type CountedCipher, createCountedCipher } from './counted-cipher.ts'
import { createFrameReader, frame } from './frames.ts'
import { startHandshake } from './handshake.ts'
import { required } from './stanza.ts'

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

type Transport = { reading: CountedCipher; writing: CountedCipher }

const noAad = Buffer.alloc(0)

export function acceptNoise(authority: Authority): Noise {
  const handshake = startHandshake()
  const ephemeral = Curve.generateKeyPair()
  let isGreeted = false
  let transport: Transport | null = null

  function answerHello(bytes: Buffer): Buffer {
    const { clientHello } = proto.HandshakeMessage.decode(bytes)
    const clientEphemeral = Buffer.from(required(clientHello?.ephemeral, 'an ephemeral key in the client hello'))
    handshake.mixHash(clientEphemeral)
    handshake.mixHash(ephemeral.public)
    handshake.mixKey(Curve.sharedKey(ephemeral.private, clientEphemeral))
    const sealedKey = handshake.seal(authority.serverKey.public)
    handshake.mixKey(Curve.sharedKey(authority.serverKey.private, clientEphemeral))
    const payload = handshake.seal(authority.chain)
    isGreeted = true
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
    transport = { reading: createCountedCipher(fromClient), writing: createCountedCipher(toClient) }
    return { noiseKey, payload: proto.ClientPayload.decode(payload) }
  }

  return {
    frames: createFrameReader(),
    stage: () => {
      if (transport !== null) return 'transport'
      return isGreeted ? 'finish' : 'hello'
    },
    answerHello,
    finish,
    seal: plaintext => frame(required(transport, 'a finished handshake').writing.seal(plaintext, noAad)),
    open: bytes => required(transport, 'a finished handshake').reading.open(bytes, noAad),
  }
}
