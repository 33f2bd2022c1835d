// What follows the end of a socket: pure, one row per close code, with the reason in words a person understands.
import type { instanceReasons } from '../../events/vocabulary.ts'
import type { Wanted } from '../../instances/instance-ids.ts'

/**
 * Why we ended it ourselves; null: WhatsApp or the network did. `fenced`: Postgres answered that another epoch owns the instance;
 * `lock-lost`: the connection with the lock is gone, and nobody knows yet who has it next.
 */
export type OwnReason =
  | 'log-unavailable'
  | 'lock-lost'
  | 'fenced'
  | 'not-taken'
  | 'half-open'
  | 'broken-frame'
  | 'sealed'
  | 'requested'
  | 'shutdown'
export type Ending = {
  /** Baileys' DisconnectReason, an HTTP status, or WhatsApp's failure reason. */
  statusCode: number
  message: string
  own: OwnReason | null
  /** From <failure>: attributes such as expire. */
  details: Readonly<Record<string, unknown>>
  qrRoundsLeft: number
  /** What its operator wants of the instance by now. */
  wanted: Wanted['wanted']
}
export type NextStep = {
  /** reconnect waits a backoff, restart-now only until it may connect; stop waits for a person, rest for a person or a new process. */
  action: 'restart-now' | 'reconnect' | 'stop' | 'rest'
  state: 'reconnecting' | 'closed' | 'logged-out'
  reason: (typeof instanceReasons.here)[number]
  reasonText: string
}

export function nextStep(ending: Ending): NextStep {
  if (ending.own === 'requested') return afterWish(ending)
  return ending.own === null ? afterWhatsApp(ending) : afterOurselves[ending.own]
}

const reconnecting = (reason: NextStep['reason'], reasonText: string): NextStep => ({
  action: 'reconnect',
  state: 'reconnecting',
  reason,
  reasonText,
})
const stopped = (reason: NextStep['reason'], reasonText: string): NextStep => ({
  action: 'stop',
  state: 'closed',
  reason,
  reasonText,
})

const afterOurselves: Readonly<Record<Exclude<OwnReason, 'requested'>, NextStep>> = {
  'log-unavailable': reconnecting(
    'log-unavailable',
    'The event log or the database did not take a write in time. Nothing was acknowledged; WhatsApp keeps the messages.',
  ),
  'lock-lost': reconnecting(
    'log-unavailable',
    'The connection to the database was lost, and with it the lock of the producers. Nothing was acknowledged; WhatsApp keeps the messages.',
  ),
  fenced: reconnecting('internal', 'Another process took this instance over.'),
  'not-taken': reconnecting('internal', 'A message could not be taken in. It was not acknowledged; WhatsApp keeps it.'),
  'half-open': reconnecting('network', 'WhatsApp stopped answering on the open connection.'),
  'broken-frame': reconnecting('network', 'WhatsApp sent a frame that could not be read.'),
  sealed: {
    action: 'rest',
    state: 'closed',
    reason: 'internal',
    reasonText: 'The stored credentials do not open with this ENCRYPTION_KEY. Nothing was erased.',
  },
  shutdown: { action: 'rest', state: 'closed', reason: 'requested', reasonText: 'zaplog is stopped.' },
}

/** Also who leaves connects once more, to be unlinked. */
const afterWish = ({ wanted }: Ending): NextStep => ({
  action: 'restart-now',
  state: 'reconnecting',
  reason: 'requested',
  reasonText: wishes[wanted],
})

const wishes: Readonly<Record<Ending['wanted'], string>> = {
  running: 'A restart was asked for.',
  'logged-out': 'A log-out was asked for.',
  deleted: 'The instance is deleted.',
}

function afterWhatsApp(ending: Ending): NextStep {
  const { statusCode, message, wanted } = ending
  switch (statusCode) {
    case 515:
      return {
        action: 'restart-now',
        state: 'reconnecting',
        reason: 'restart-required',
        reasonText: 'WhatsApp asked to connect again.',
      }
    case 401:
      return {
        action: 'stop',
        state: 'logged-out',
        reason: 'logged-out',
        reasonText:
          wanted === 'running'
            ? 'The phone removed this device, or WhatsApp no longer knows it. It has to be paired again.'
            : `${wishes[wanted]} WhatsApp has unlinked this device.`,
      }
    case 402:
    case 403:
      return stopped('banned', banText(statusCode, ending.details))
    case 405:
    case 409:
      return stopped(
        'client-outdated',
        'WhatsApp refuses this client version. Set WHATSAPP_VERSION to a current one, then restart.',
      )
    case 411:
      return stopped('internal', 'The phone does not support linked devices. Update WhatsApp on it, then restart.')
    case 440:
      return stopped('replaced', 'Another session with the same credentials took over. Stop it, then restart this one.')
    case 408:
      return message.includes('QR refs attempts ended')
        ? afterQrRound(ending.qrRoundsLeft)
        : lost(`The connection to WhatsApp ${failureOf(message)}.`)
    case 428:
      return lost('The connection to WhatsApp was closed.')
    case 503:
      return lost('WhatsApp is not available at the moment.')
    default:
      return reconnecting('internal', `WhatsApp ended the connection with code ${statusCode}: ${message}`)
  }
}

/** Baileys hands on what the websocket said (lib/Socket/socket.js, mapWebSocketError): a name that does not resolve, a refusal, a reset. */
function failureOf(message: string): string {
  const said = /^WebSocket Error \((.+)\)$/.exec(message)?.[1]
  return said === undefined ? 'was lost' : `failed: ${said}`
}

const lost = (reasonText: string) => reconnecting('network', reasonText)

function afterQrRound(qrRoundsLeft: number): NextStep {
  return qrRoundsLeft > 0
    ? { action: 'restart-now', state: 'reconnecting', reason: 'qr-expired', reasonText: 'The codes ran out; new ones follow.' }
    : stopped('qr-expired', 'Nobody scanned the code. Restart the instance to get a new one.')
}

function banText(statusCode: number, details: Ending['details']): string {
  const seconds = Number(details.expire)
  if (statusCode === 403 || !(seconds > 0)) return 'WhatsApp banned this account.'
  return `WhatsApp banned this account for ${Math.ceil(seconds / 3600)} hours.`
}
