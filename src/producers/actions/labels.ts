// What is done with labels.
import { chatLabelPatch, labelPatch } from './chat-patches.ts'
import { patching } from './chats.ts'

export const labelActions = {
  'label.change': patching<'label.change'>(labelPatch),
  'chat.label': patching<'chat.label'>(chatLabelPatch),
}
