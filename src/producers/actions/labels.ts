// What is done with labels.
import { chatLabelPatch, labelPatch } from './chat-patches.ts'
import { patching } from './chats.ts'

export const labelActions = {
  'label.change': patching<'label.change'>((body, at) => [labelPatch(body, at)]),
  'chat.label': patching<'chat.label'>((body, at) => [chatLabelPatch(body, at)]),
}
