// One websocket speaking stanzas: what arrives is handled strictly in order, one at a time; what is sent leaves in call order.
import { type BinaryNode, decodeBinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys'
import type { WebSocket } from 'ws'
import type { Authority } from './authority.ts'
import { acceptNoise, type ClientLogin } from './noise.ts'

export type Connection = {
  /** Does nothing once the socket is closing: the queue keeps what was not settled. */
  send(stanza: BinaryNode): void
  /** A new id for a stanza of the server's own. */
  nextId(): string
  /** Sends nothing from now on, and stays open. */
  hush(): void
  /** Closes after what was sent. */
  close(): void
  /** Destroys the socket at once. */
  cut(): void
}
export type ConnectionListener = {
  onLogin(login: ClientLogin): void
  onStanza(stanza: BinaryNode): Promise<void> | void
  onClose(): void
  onError(error: Error): void
}

export function openConnection(socket: WebSocket, authority: Authority, listener: ConnectionListener): Connection {
  const noise = acceptNoise(authority)
  let handled = Promise.resolve()
  let lastId = 0
  let isHushed = false

  function onFrame(frame: Buffer): void {
    const stage = noise.stage()
    if (stage === 'hello') socket.send(noise.answerHello(frame))
    else if (stage === 'finish') listener.onLogin(noise.finish(frame))
    else onStanzaFrame(noise.open(frame)) // at once: the cipher counts frames
  }
  function onStanzaFrame(plaintext: Buffer): void {
    handled = handled.then(() => handle(plaintext)).catch(error => listener.onError(asError(error)))
  }
  async function handle(plaintext: Buffer): Promise<void> {
    await listener.onStanza(await decodeBinaryNode(plaintext))
  }

  socket.binaryType = 'nodebuffer'
  socket.on('message', (data: Buffer) => {
    try {
      for (const frame of noise.frames(data)) onFrame(frame)
    } catch (error) {
      // the stream cannot be read on after a bad frame
      listener.onError(asError(error))
      socket.terminate()
    }
  })
  socket.on('close', () => listener.onClose())
  // a reset is only a client that died: `close` follows. What ws itself complains about is a broken client.
  socket.on('error', (error: Error & { code?: string }) => {
    if (error.code?.startsWith('WS_ERR_')) listener.onError(error)
  })

  return {
    send(stanza) {
      if (socket.readyState === socket.OPEN && !isHushed) socket.send(noise.seal(encodeBinaryNode(stanza)))
    },
    nextId: () => `${Date.now()}-${++lastId}`,
    hush: () => {
      isHushed = true
    },
    close: () => socket.close(),
    cut: () => socket.terminate(),
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
