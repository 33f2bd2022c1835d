// What stands where a code to scan may be, by what the QR call last answered. Pure.
import type { Outcome } from './call-api.ts'

export type QrState =
  | { name: 'waiting' }
  /** `isStale`: zaplog was not reached since. A code has 20 s or so; the server's clock decides, never ours. */
  | { name: 'showing'; qr: string; isStale: boolean }
  | { name: 'paired' }
  /** No code comes before somebody asks for it. */
  | { name: 'parked' }
  /** Somebody did; the instance still is as it was at `stateAt`. */
  | { name: 'restarting'; stateAt: string }
type Instance = { state: string; stateAt: string }

export function afterQrAnswer(state: QrState, outcome: Outcome, instance: Instance): QrState {
  if (outcome.kind === 'away') return state.name === 'showing' ? { ...state, isStale: true } : state
  if (outcome.kind === 'answer') return { name: 'showing', qr: qrOf(outcome.body), isStale: false }
  switch (outcome.slug) {
    case 'already-paired':
      return { name: 'paired' }
    case 'no-qr-pending':
      return withoutCode(state, instance)
    default:
      return state
  }
}

function withoutCode(state: QrState, { state: name, stateAt }: Instance): QrState {
  if (name !== 'closed' && name !== 'logged-out') return { name: 'waiting' }
  return state.name === 'restarting' && state.stateAt === stateAt ? state : { name: 'parked' }
}

const qrOf = (body: unknown): string => (body as { qr: string }).qr
