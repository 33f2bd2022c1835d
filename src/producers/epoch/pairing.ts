// How an account gets its phone: the codes of a round are shown one after another, each for as long as WhatsApp keeps it, until a phone
// has scanned one.
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import type { OwnAddresses } from '../../convert/jid.ts'
import { paired } from './instance-events.ts'
import type { Say, SessionDeps, SessionOf } from './session.ts'

export type Pairing = {
  showCode(qr: string, own: OwnAddresses): void
  hideCode(): void
  paired(creds: AuthenticationCreds): void
}

/** How long WhatsApp keeps the first code of a round, and each later one (lib/Socket/socket.js). */
const qrLife = { firstMs: 60_000, laterMs: 20_000 }

export function createPairing(deps: SessionDeps, { epoch: owned, tell }: SessionOf, say: Say): Pairing {
  const { clock, rows, qrTimeoutMs } = deps
  const { instanceId, epoch, intake } = owned
  let codes = 0
  const hideCode = () => say('qr', rows.hideQr({ instanceId, epoch }))
  return {
    showCode: (qr, own) => {
      const expiresAt = clock() + (qrTimeoutMs ?? (codes === 0 ? qrLife.firstMs : qrLife.laterMs))
      codes += 1
      say('qr', rows.showQr({ instanceId, epoch, qr, expiresAt }))
      const waiting = { state: 'qr', reason: null, reasonText: 'Waiting for a phone to scan the code.' } as const
      say('instance.state-changed', tell(waiting, own))
    },
    hideCode,
    paired: creds => {
      say('instance.paired', intake.append([paired({ instanceId, occurredAt: clock() }, creds)]))
      hideCode()
    },
  }
}
