// The ways WhatsApp ends a stream; Baileys turns each into a disconnect code (conflict 440, loggedOut 401, restart 515 ...).
import type { BinaryNode } from '@whiskeysockets/baileys'
import { node } from '../connection/stanza.ts'
import type { Companion } from './world.ts'

export type StreamError = keyof typeof streamErrors

export const streamErrors = {
  conflict: () => node('stream:error', {}, [node('conflict', { type: 'replaced' })]),
  loggedOut: () => node('stream:error', { code: '401' }, [node('conflict', { type: 'device_removed' })]),
  restart: () => node('stream:error', { code: '515' }),
  unavailable: () => node('stream:error', { code: '503' }),
  badSession: () => node('stream:error', {}, [node('xml-not-well-formed')]),
} satisfies Record<string, () => BinaryNode>

/** loggedOut unlinks the companion also while it is away: its next login is refused. */
export function sendStreamError(companion: Companion, kind: StreamError): void {
  if (kind === 'loggedOut') companion.isRemoved = true
  companion.client?.connection.send(streamErrors[kind]())
  companion.client?.connection.close()
}
