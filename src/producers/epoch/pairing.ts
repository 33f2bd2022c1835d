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
}

export function createPairing(
  deps: SessionDeps,
  { epoch: owned, tell }: SessionOf,
  { creds, say }: { creds: AuthenticationCreds; say: Say },
): Pairing {
  const { clock, rows, qrTimeoutMs } = deps
  const { instanceId, epoch, intake, socketLife } = owned
  const isLinked = () => creds.account !== undefined
  let codes = 0
  const hideQr = () => say('qr', rows.hideQr({ instanceId, epoch }))
  const hideCode = () => say('pairing code', rows.hidePairingCode({ instanceId, epoch }))

  function showQr(qr: string): void {
    const expiresAt = clock() + qrLifeMs(codes, qrTimeoutMs)
    codes += 1
    say('qr', rows.showQr({ instanceId, epoch, qr, expiresAt }))
    const waiting = { state: 'qr', reason: null, reasonText: 'Waiting for a phone to scan the code.' } as const
    say('instance.state-changed', tell(waiting, ownAddresses(creds)))
  }

  return {
    follow: ({ qr, isNewLogin, connection }, ask) => {
      if (qr) {
        showQr(qr)
        deps.pairingRequests.serve({ instanceId, epoch, ask, isOver: () => socketLife.isOver() || isLinked() })
      }
      if (isNewLogin) say('instance.paired', intake.append([paired({ instanceId, occurredAt: clock() }, creds)]))
      if (isNewLogin || connection === 'open') hideQr()
      // What could be typed is worth nothing without its connection.
      if (isNewLogin || (connection === 'close' && codes > 0)) hideCode()
    },
  }
}
