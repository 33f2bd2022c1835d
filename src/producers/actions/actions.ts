// All operations, and how each is done.
import type { BodyOf, Operation } from '../../events/operations.ts'
import type { Action } from './action.ts'
import { contactActions } from './contacts.ts'
import { groupActions } from './groups.ts'

export const actions: { readonly [Name in Operation]: Action<BodyOf<Name>> } = {
  ...contactActions,
  ...groupActions,
}
