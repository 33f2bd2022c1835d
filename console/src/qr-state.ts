// What stands where a code to scan may be, by what the QR call last answered. Pure.
import type { Failure, Outcome } from './call-api.ts'

export type QrState =
  | { name: 'waiting' }
  /** `isStale`: what came since says nothing of it. A code has 20 s or so; the server's clock decides, never ours. */
  | { name: 'showing'; qr: string; isStale: boolean }
  | { name: 'paired' }
  /** No code comes before somebody asks for it. `failure`: what came when somebody did. */
  | { name: 'parked'; failure: Failure | null }
  /** Somebody did; the instance still is as it was at `stateAt`. */
  | { name: 'restarting'; stateAt: string }
type Instance = { state: string; stateAt: string }

export function afterQrAnswer(state: QrState, outcome: Outcome, instance: Instance): QrState {
  if (outcome.kind === 'away') return doubted(state)
  if (outcome.kind === 'answer') return { name: 'showing', qr: qrOf(outcome.body), isStale: false }
  switch (outcome.slug) {
    case 'already-paired':
      return { name: 'paired' }
    case 'no-qr-pending':
      return withoutCode(state, instance)
    default:
      return doubted(state)
  }
}

/** Whoever asked for a code and got none may ask again. */
export const afterRestartAnswer = (state: QrState, outcome: Outcome): QrState =>
  state.name === 'restarting' && outcome.kind !== 'answer' ? { name: 'parked', failure: outcome } : state

const doubted = (state: QrState): QrState => (state.name === 'showing' ? { ...state, isStale: true } : state)

function withoutCode(state: QrState, { state: name, stateAt }: Instance): QrState {
  if (name !== 'closed' && name !== 'logged-out') return { name: 'waiting' }
  if (state.name === 'parked') return state
  return state.name === 'restarting' && state.stateAt === stateAt ? state : { name: 'parked', failure: null }
}

const qrOf = (body: unknown): string => (body as { qr: string }).qr
