// What a field of a call is called on the command line, for verbs that are not made of its route: by its first step, wherever in it something is wrong. Pure.
import type { NameOfField } from './call-api.ts'

/** `names`: by the field or the parameter. */
export const namedBy =
  (names: Readonly<Record<string, string>>): NameOfField =>
  ({ pointer, parameter }) =>
    names[(pointer?.slice(1) ?? parameter ?? '').split(/[/.]/)[0] ?? ''] ?? null
