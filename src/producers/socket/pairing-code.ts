// Asks WhatsApp for a link by a code that is typed on the phone, on a socket that shows QR codes: the code lives no longer than they do.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { PairingAnswer } from '../../instances/pairing-codes.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import type { AuthState } from '../auth/auth-state.ts'
import { forgetCode } from '../auth/forget-code.ts'
import { SocketEnded, type SocketLife } from '../socket-life.ts'

/** expiresAt: epoch milliseconds. */
export type GivenCode = { answer: PairingAnswer; expiresAt: number }
/** Of a phone in digits. Rejects where WhatsApp does not answer, or a phone is linked by now. */
export type AskForCode = (phone: string) => Promise<GivenCode>
type Deps = {
  auth: Pick<AuthState, 'creds' | 'credsChanged'>
  life: Pick<SocketLife, 'signal'>
  clock: () => number
  qrTimeoutMs: number | null
}

/** WhatsApp takes a code for so long (whatsmeow's pair-code.go says 160 s). */
const codeLifeMs = 160_000
/** A refusal is worth knowing for whoever waits for it. */
const refusalLifeMs = 20_000
const answerMs = 10_000

/** How long Baileys shows the first code of a round, and each later one (lib/Socket/socket.js). */
export const qrLifeMs = (index: number, qrTimeoutMs: number | null): number => qrTimeoutMs ?? (index === 0 ? 60_000 : 20_000)

/** Call right after makeWASocket: when its QR codes end is known from what WhatsApp offers at first. */
export function openPairingCodes(socket: WASocket, { auth, life, clock, qrTimeoutMs }: Deps): AskForCode {
  let qrEndAt = 0
  socket.ws.on('CB:iq,type:set,pair-device', (node: BinaryNode) => {
    const refs = childrenOf(node)[0]?.content
    const lives = Array.isArray(refs) ? refs.map((_, index) => qrLifeMs(index, qrTimeoutMs)) : []
    qrEndAt = clock() + lives.reduce((sum, lifeMs) => sum + lifeMs, 0)
  })
  return async phone => {
    // What Baileys writes for a code would replace the account that was linked a moment ago.
    if (auth.creds.account !== undefined) throw new SocketEnded('a phone is linked, and WhatsApp asks for a new connection')
    const hello = hearAnswer(socket)
    try {
      const code = await socket.requestPairingCode(phone)
      const late = AbortSignal.any([life.signal, AbortSignal.timeout(answerMs)])
      const refusal = await orAbort(hello.answer, () => new Error('WhatsApp did not answer a request for a pairing code'), late)
      if (refusal === null) return { answer: { phone, code }, expiresAt: Math.min(clock() + codeLifeMs, qrEndAt) }
      forgetCode(auth.creds)
      auth.credsChanged()
      return { answer: { phone, refusal }, expiresAt: clock() + refusalLifeMs }
    } finally {
      hello.stop()
    }
  }
}

/** Baileys does not wait for it. Before a link nothing else is asked but pings, which are not refused. */
function hearAnswer({ ws }: Pick<WASocket, 'ws'>): { answer: Promise<string | null>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const given = () => resolve(null)
  const refused = (node: BinaryNode) => resolve(refusalIn(node))
  ws.on('CB:iq,,link_code_companion_reg', given)
  ws.on('CB:iq,type:error', refused)
  return {
    answer: promise,
    stop: () => {
      ws.off('CB:iq,,link_code_companion_reg', given)
      ws.off('CB:iq,type:error', refused)
    },
  }
}

function refusalIn(node: BinaryNode): string {
  const { code = 'an error', text = '' } = childrenOf(node).find(({ tag }) => tag === 'error')?.attrs ?? {}
  const why = code === '429' ? 'too many codes were asked for' : text
  return `${code} ${why}`.trim()
}

const childrenOf = ({ content }: BinaryNode): readonly BinaryNode[] => (Array.isArray(content) ? content : [])
