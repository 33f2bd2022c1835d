// How an account gets its phone: the codes of a round are shown one after another, each for as long as WhatsApp keeps it, until a phone
// has scanned one, or a code was typed on it that somebody asked for meanwhile.
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import type { ConnectionUpdate } from '../socket/open-socket.ts'
import { type AskForCode, qrLifeMs } from '../socket/pairing-code.ts'
import { ownAddresses, paired } from './instance-events.ts'
import type { Say, SessionDeps, SessionOf } from './session.ts'

export type Pairing = {
  /** `ask`: of its socket. */
  follow(update: ConnectionUpdate, ask: AskForCode): void
  /** A code that was typed has changed the secret that the QR codes name, whether or not it was the right one, or WhatsApp took it. */
  credsChanged(): void
}
type Shown = { qr: string; expiresAt: number }

export function createPairing(
  deps: SessionDeps,
  { epoch: owned, tell }: SessionOf,
  { creds, say }: { creds: AuthenticationCreds; say: Say },
): Pairing {
  const { clock, rows, qrTimeoutMs } = deps
  const { instanceId, epoch, intake, socketLife } = owned
  const isLinked = () => creds.account !== undefined
  let codes = 0
  let shown: Shown | null = null
  const hideQr = () => {
    shown = null
    say('qr', rows.hideQr({ instanceId, epoch }))
  }
  const hideCode = () => say('pairing code', rows.hidePairingCode({ instanceId, epoch }))

  function show(code: Shown): void {
    shown = { ...code, qr: withSecret(code.qr, creds.advSecretKey) }
    say('qr', rows.showQr({ instanceId, epoch, ...shown }))
  }

  function showQr(qr: string): void {
    const expiresAt = clock() + qrLifeMs(codes, qrTimeoutMs)
    codes += 1
    show({ qr, expiresAt })
    const waiting = { state: 'qr', reason: null, reasonText: 'Waiting for a phone to scan the code.' } as const
    say('instance.state-changed', tell(waiting, ownAddresses(creds)))
  }

  return {
    follow: ({ qr, isNewLogin, connection }, ask) => {
      // Baileys’ timer may show another one of the round after a phone has scanned one.
      if (qr && !isLinked()) {
        showQr(qr)
        deps.pairingRequests.serve({ instanceId, epoch, ask, isOver: () => socketLife.isOver() || isLinked() })
      }
      if (isNewLogin) say('instance.paired', intake.append([paired({ instanceId, occurredAt: clock() }, creds)]))
      if (isNewLogin || connection === 'open') hideQr()
      // What could be typed is worth nothing without its connection.
      if (isNewLogin || (connection === 'close' && codes > 0)) hideCode()
    },
    credsChanged: () => {
      if (shown !== null && !isLinked() && withSecret(shown.qr, creds.advSecretKey) !== shown.qr) show(shown)
    },
  }
}

/** Baileys names the one that it had when the round began (lib/Socket/socket.js), and takes the link for forged by what it has now. */
function withSecret(qr: string, advSecretKey: string): string {
  const [ref, noiseKey, identityKey, secret, ...platform] = qr.split(',')
  return secret === undefined ? qr : [ref, noiseKey, identityKey, advSecretKey, ...platform].join(',')
}
