// All operations, and how each is done.
import type { BodyOf, Operation } from '../../events/operations.ts'
import type { Action } from './action.ts'
import { callActions } from './calls.ts'
import { chatActions } from './chats.ts'
import { contactActions } from './contacts.ts'
import { labelActions } from './labels.ts'
import { presenceActions } from './presences.ts'
import { profileActions } from './profile.ts'

export const actions: { readonly [Name in Operation]: Action<BodyOf<Name>> } = {
  ...callActions,
  ...chatActions,
  ...contactActions,
  ...labelActions,
  ...presenceActions,
  ...profileActions,
}
