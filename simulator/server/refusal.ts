// What the server answers to an iq that it refuses: an error with its code, in the words of whatsmeow's errors.go.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { node } from '../connection/stanza.ts'

const texts: Readonly<Record<number, string>> = {
  401: 'not-authorized',
  403: 'forbidden',
  404: 'item-not-found',
  406: 'not-acceptable',
  409: 'conflict',
  410: 'gone',
  429: 'rate-overlimit',
  500: 'internal-server-error',
}

export const refusal = (code: number): BinaryNode[] => [node('error', { code: String(code), text: texts[code] ?? 'refused' })]
