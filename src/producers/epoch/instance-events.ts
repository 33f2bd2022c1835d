// What an instance says about itself, as events: its connection, its pairing, its end.
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import type { Offer } from '../../convert/draft.ts'
import { bareJid, digitsOf, type OwnAddresses } from '../../convert/jid.ts'
import { requestId } from '../../events/ids.ts'
import type { NextStep } from '../socket/reconnect-policy.ts'

export type State = {
  state: 'connecting' | 'qr' | 'open' | NextStep['state']
  reason: NextStep['reason'] | null
  reasonText: string | null
}
type Of = { instanceId: string; occurredAt: number }

/** None before a phone is linked: whose account it would be is written with a code to type, too. */
export function ownAddresses({ me, account }: AuthenticationCreds): OwnAddresses {
  if (account === undefined) return { pn: null, lid: null }
  return { pn: me?.id ? bareJid(me.id) : null, lid: me?.lid ? bareJid(me.lid) : null }
}

export const stateChanged = (of: Of, { state, reason, reasonText }: State, { pn, lid }: OwnAddresses): Offer => ({
  ...envelope(of, 'instance.state-changed'),
  state,
  reason,
  reasonText,
  phone: pn === null ? null : digitsOf(pn),
  lid,
})

export const paired = (of: Of, creds: AuthenticationCreds): Offer => {
  const { pn, lid } = ownAddresses(creds)
  const name = creds.me?.name
  return {
    ...envelope(of, 'instance.paired'),
    phone: pn === null ? '' : digitsOf(pn),
    lid,
    platform: creds.platform ?? null,
    name: name && name !== '~' ? name : null,
  }
}

export const loggedOut = (of: Of, reason: string): Offer => ({ ...envelope(of, 'instance.logged-out'), reason })

/** The same id however often a crash makes us say it. */
export const deleted = (of: Of & { requestId: string }): Offer => ({
  ...envelope(of, 'instance.deleted'),
  eventId: requestId({ instanceId: of.instanceId, type: 'instance.deleted', requestId: of.requestId }),
  purged: false,
})

const envelope = <Type extends Offer['type']>({ instanceId, occurredAt }: Of, type: Type) => ({
  eventId: null,
  type,
  instanceId,
  occurredAt,
})
