// What is done with labels.
import type { BodyOf } from '../../events/operations.ts'
import type { Action } from './action.ts'
import { chatLabelPatch, labelPatch } from './chat-patches.ts'
import { patching } from './chats.ts'
import { patchAppState } from './patch-app-state.ts'

/** Whoever did not choose its number is told it. */
const change: Action<BodyOf<'label.change'>> = {
  pace: 'marks',
  perform: async (acting, body, at) => {
    await patchAppState(acting, labelPatch(body, at))
    return { labelId: body.labelId }
  },
  afterSilence: 'again',
}

export const labelActions = {
  'label.change': change,
  'chat.label': patching<'chat.label'>(chatLabelPatch),
}
