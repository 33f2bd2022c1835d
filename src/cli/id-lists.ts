// Which words of a command line are ids of something that zaplog lists: said beside the argument or the option, and of calls by their routes.
import type { Argument, Option } from 'commander'
import type { CallField, CallVerb } from './calls/call-verb.ts'

/** `path`: of the list; {instance} is the account that is typed, or the only one. `fields`: of a row, of which the first that it has is the id. */
export type IdList = { path: string; fields: readonly string[] }

const lists = {
  instance: { path: '/v1/instances', fields: ['id'] },
  endpoint: { path: '/v1/endpoints', fields: ['id'] },
  replay: { path: '/v1/replays', fields: ['id'] },
  rebuild: { path: '/v1/rebuilds', fields: ['id'] },
  message: { path: '/v1/instances/{instance}/messages', fields: ['eventId'] },
  file: { path: '/v1/instances/{instance}/media', fields: ['eventId'] },
} satisfies Readonly<Record<string, IdList>>

const known = new WeakMap<Argument | Option, IdList>()

/** The same argument or option, of which is known that it is the id of such a thing. */
export const idOf = <Of extends Argument | Option>(what: keyof typeof lists, of: Of): Of => listedIn(of, lists[what])

/** null: it is none. */
export const idListOf = (of: Argument | Option | undefined): IdList | null => (of && known.get(of)) ?? null

export function listedIn<Of extends Argument | Option>(of: Of, list: IdList | null): Of {
  if (list !== null) known.set(of, list)
  return of
}

/** Of a field of a call: the list whose rows have such an id, by where the field stands in the path, or by what it is called. Pure. */
export function idListOfField(field: CallField, verb: Pick<CallVerb, 'path'>, verbs: readonly CallVerb[]): IdList | null {
  if (field.is !== 'text' || !/(id|jid)$/i.test(field.at)) return null
  const listing = verbs.filter(({ answers }) => answers === 'list')
  const before = field.to === 'path' ? verb.path.split(`/{${field.at}}`)[0] : undefined
  const things = [before?.split('/').at(-1), ...thingsOf(field.at)]
  const found =
    listing.find(({ path }) => path === before) ??
    listing.find(({ path, thing }) => things.includes(thing) && path.endsWith(thing))
  if (found === undefined) return null
  return {
    path: found.path,
    fields: [`${field.name}Id`, ...(field.to === 'path' ? [field.at] : []), `${singular(found.thing)}Id`, 'id'],
  }
}

/** /quotedMessageId: messages. */
const thingsOf = (at: string): readonly string[] => {
  const [, word] = /([A-Z]?[a-z]+)Id$/.exec(at) ?? []
  return word === undefined ? [] : [`${word.toLowerCase()}s`]
}

const singular = (thing: string): string => thing.replace(/s$/, '')
