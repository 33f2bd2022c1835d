// An option that is a setting of an instance, NAME=true, from text to what a PATCH of it says; zaplog knows the names, and refuses others.
import { InvalidArgumentError } from 'commander'

/** null: the default again. */
export type GivenSettings = Readonly<Record<string, boolean | null>>

const values: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['default', null],
])

/** For commander: each adds to those before it, and the last of a name counts. */
export function parseSetting(text: string, before: GivenSettings | undefined): GivenSettings {
  const [, name, value = ''] = /^(\w+)=(\w+)$/.exec(text) ?? []
  const chosen = values.get(value)
  if (name === undefined || chosen === undefined)
    throw new InvalidArgumentError('Expected a setting such as historySync=true; true, false and default are its values.')
  return { ...before, [name]: chosen }
}
