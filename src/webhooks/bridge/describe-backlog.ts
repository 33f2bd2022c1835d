// How far webhooks are behind, as one check of health. Degraded where somebody has to look: deliveries died, an endpoint has been failing
// or was disabled by its receiver, or something waits for longer than it should.
import type { Check } from '../../runtime/role.ts'
import { type Count, MOST_COUNTED } from '../deliveries/delivery-counts.ts'
import type { Backlog, EndpointBacklog } from './read-backlog.ts'

export const LONG_SECONDS = 5 * 60
const MAX_ENDPOINTS = 5
const MAX_TEXT = 160

export function describeBacklog(backlog: Backlog): Check {
  const troubles = backlog.endpoints.flatMap(troubleOf)
  const { pending } = backlog
  const late = pending.oldestSeconds > LONG_SECONDS ? [`the oldest in the log is ${inWords(pending.oldestSeconds)} behind`] : []
  const left = troubles.length - MAX_ENDPOINTS
  const said = [...late, ...troubles.slice(0, MAX_ENDPOINTS), ...(left > 0 ? [`and ${left} more endpoints`] : [])]
  return { name: 'webhooks', state: said.length === 0 ? 'ok' : 'degraded', detail: [countsOf(backlog), ...said].join('; ') }
}

function countsOf({ endpoints, waiting, held, pending }: Backlog): string {
  const oldest = Math.max(held.oldestSeconds, pending.oldestSeconds, ...endpoints.map(one => one.oldestWaitingSeconds))
  const counts = `${inAll(waiting)} waiting, ${inAll(held)} held, ${pending.deliveries} pending`
  return oldest === 0 ? counts : `${counts}, the oldest for ${inWords(oldest)}`
}

function troubleOf(of: EndpointBacklog): readonly string[] {
  const said = [
    ...(of.died > 0 ? [`${upToMost(of.died)} deliveries died in the last 24 h (the newest: ${cut(of.newestDeath)})`] : []),
    ...(of.failingSeconds !== null && of.failingSeconds > LONG_SECONDS
      ? [`${of.isOverloaded ? 'asking to be sent less' : 'failing'} for ${inWords(of.failingSeconds)} (${cut(of.lastError)})`]
      : []),
    ...(!of.enabled && of.disabledReason !== null && of.waiting > 0 ? [`disabled: ${cut(of.disabledReason)}`] : []),
  ]
  const waitsLong = of.enabled && of.oldestWaitingSeconds > LONG_SECONDS
  if (said.length === 0 && !waitsLong) return []
  if (of.waiting > 0) said.push(`${upToMost(of.waiting)} waiting, the oldest for ${inWords(of.oldestWaitingSeconds)}`)
  return [`endpoint ${of.endpointId}: ${said.join(', ')}`]
}

const inAll = ({ deliveries, isExact }: Count) => (isExact ? `${deliveries}` : `about ${deliveries}`)
const upToMost = (counted: number) => (counted > MOST_COUNTED ? `more than ${MOST_COUNTED}` : `${counted}`)
const cut = (text: string | null) => (text ?? 'no reason on record').slice(0, MAX_TEXT)

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 2 * 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
