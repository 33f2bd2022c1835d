// What is done about calls.
import type { BodyOf } from '../../events/operations.ts'
import type { Action } from './action.ts'

/** A call that is over is not rejected once more. */
const reject: Action<BodyOf<'call.reject'>> = {
  pace: 'marks',
  perform: async (acting, { callId, callerId }) => {
    await acting.rejectCall(callId, callerId)
    return null
  },
  afterSilence: 'again',
}

export const callActions = { 'call.reject': reject }
