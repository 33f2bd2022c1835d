// Tells listeners what happens in the simulator, in order; an error nobody listens for becomes a process warning, never silence.
import { EventEmitter } from 'node:events'
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { SimDevice } from './device.ts'
import type { Settlement } from './queue.ts'

export type SimulatorEvents = {
  paired: { device: SimDevice }
  login: { device: SimDevice }
  disconnected: { device: SimDevice }
  /** The companion is done with a stanza, or refused it. */
  settled: { device: SimDevice; settlement: Settlement }
  /** A message of the companion is there, and nobody has decrypted it yet. */
  'client-stanza': { device: SimDevice; messageId: string; to: string }
  /** The companion sent a message; content is null when no simulated recipient could decrypt it. */
  'client-message': { device: SimDevice; messageId: string; to: string; content: proto.IMessage | null; stanza: BinaryNode }
  /** A phone shows what the companion wrote, for the first time in that chat: also an edit, a revoke or a reaction. */
  shown: ShownEvent
  /** The companion asked the phone to upload a message's media again. */
  'media-retry': { device: SimDevice; messageId: string }
  /** The companion said whether its account is shown as online. */
  presence: { device: SimDevice; isOnline: boolean }
  /** A client broke the protocol, or the simulator did not understand it. */
  'protocol-error': Error
}
export type ShownEvent = {
  device: SimDevice
  messageId: string
  chat: string
  /** The other one's name, or the group's subject. */
  chatName: string
  content: proto.IMessage
  /** The edit, opened where it is sealed, or the revoke that it is. */
  change: proto.Message.IProtocolMessage | null
}
export type Announce = <Name extends keyof SimulatorEvents>(event: Name, detail: SimulatorEvents[Name]) => void

export function createAnnouncer() {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)

  const announce: Announce = (event, detail) => {
    const wasHeard = emitter.emit(event, detail)
    if (!wasHeard && detail instanceof Error) process.emitWarning(detail)
  }
  function on<Name extends keyof SimulatorEvents>(event: Name, listener: (detail: SimulatorEvents[Name]) => void): () => void {
    emitter.on(event, listener)
    return () => {
      emitter.off(event, listener)
    }
  }
  return { announce, on }
}
