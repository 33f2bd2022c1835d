// What /instance/create and /settings/set take, and which of our settings each is. What would be silently not done is refused. Pure.
import { z } from 'zod'
import type { Settings } from '../../instances/instance-settings.ts'
import { phoneNumber } from '../chat-address.ts'
import { optional } from '../dialect.ts'
import { refused } from './send-bodies.ts'

const flag = optional(z.boolean())
const ofSettings = {
  groupsIgnore: flag,
  alwaysOnline: flag,
  syncFullHistory: flag,
  rejectCall: refused('calls are not refused by themselves; calls are events'),
  msgCall: refused('calls are not refused by themselves; calls are events'),
  readMessages: refused('nothing is marked as read by itself'),
  readStatus: refused('nothing is marked as read by itself'),
  wavoipToken: refused('calls are not taken here'),
}
export const settingsCall = z.object({
  ...ofSettings,
  groupsIgnore: z.boolean(),
  alwaysOnline: z.boolean(),
  syncFullHistory: z.boolean(),
})

const webhooks = refused('webhooks are zaplog’s own, for every instance or some: POST /v1/endpoints')
const elsewhere = refused('events are in the topics of the log, in webhooks and at GET /v1/stream')
const noProxy = refused('it connects to WhatsApp by the network’s own route')

export const creation = z.object({
  instanceName: z.string(),
  qrcode: flag,
  number: optional(phoneNumber),
  integration: optional(
    z.literal('WHATSAPP-BAILEYS', { error: 'expected WHATSAPP-BAILEYS: an account is linked to a phone, and to nothing else' }),
  ),
  token: refused('an instance has no key of its own: ADMIN_API_KEY is the only one'),
  ...ofSettings,
  ...{ webhook: webhooks, webhookUrl: webhooks, webhookByEvents: webhooks, webhookBase64: webhooks, webhookEvents: webhooks },
  ...{ websocket: elsewhere, rabbitmq: elsewhere, sqs: elsewhere, nats: elsewhere, kafka: elsewhere, pusher: elsewhere },
  ...{ proxyHost: noProxy, proxyPort: noProxy, proxyProtocol: noProxy, proxyUsername: noProxy, proxyPassword: noProxy },
  chatwootUrl: refused('there is no Chatwoot here'),
})

export const numberQuery = z.object({ number: optional(phoneNumber) })

type Given = { groupsIgnore?: boolean | undefined; alwaysOnline?: boolean | undefined; syncFullHistory?: boolean | undefined }

/** false is what there is anyway. */
export function settingsOf({ groupsIgnore, alwaysOnline, syncFullHistory }: Given): Settings {
  const all = { ignoreGroups: groupsIgnore, markOnline: alwaysOnline, historySync: syncFullHistory }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

export const shownSettings = ({ settings }: { settings: Settings }) => ({
  rejectCall: false,
  msgCall: '',
  groupsIgnore: settings.ignoreGroups === true,
  alwaysOnline: settings.markOnline === true,
  readMessages: false,
  readStatus: false,
  syncFullHistory: settings.historySync === true,
})
