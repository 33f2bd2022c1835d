// A list of things that have a state (groups, contacts, chats, those blocked) is appended only where it differs from what was appended last, over
// deaths and starts: a digest per instance, entity and field, written once the append is durable. Of one epoch; a death in between tells the
// same once more, under the same eventId.

import type { Offer } from '../../convert/draft.ts'
import type { Database } from '../../database/database.ts'
import type { EventType } from '../../events/event.ts'
import { toldId } from '../../events/ids.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { outlast } from '../outlast.ts'
import { SocketEnded, type SocketLife } from '../socket-life.ts'
import { differingFields, digestOf, type State } from './differing.ts'
import { readTold, readToldIds, writeTold } from './told-rows.ts'
import { createUnwritten, keyOf, type Place } from './unwritten.ts'

/** Of a state, the fields that differ from what was appended last. */
export type Differing = State & {
  /** Another one for each telling, also of a value that was told before; the same for a telling that a death made forgotten. */
  eventId(type: EventType): string
}

/** `underWay`: appends of what was told before and is said again. */
type Compared = { differing: readonly Differing[]; underWay: ReadonlySet<Promise<void>> }

/** Rejects only once the socket has ended. */
type OfferOf = (differing: Differing) => Offer | Promise<Offer>

export type Told = {
  /**
   * A list, or whatever else may repeat what was said. Appends what `offerOf` makes of each state that differs, with the fields that do, in
   * their order; resolves once that is durable and remembered, and what it repeats of an append under way is durable, too. A field that was
   * changed meanwhile (`change`) is newer and stays. States of ignored chats are not for here: they would be remembered without being appended.
   * Rejects only once the socket has ended.
   * `place`: when it was answered, where that was before [now].
   */
  tell(states: readonly State[], offerOf: OfferOf, place?: Place): Promise<void>
  /** The place of what is answered now and told later, once: what is changed from here on is newer. */
  answered(): Place
  /** What is appended anyway, as a stanza that says so: once durable, it is what a list is compared with. Never rejects. */
  change(states: readonly State[], durable: Promise<void>): void
  /** Whether any field that it says is not what was told last. */
  differs(state: State): Promise<boolean>
  /** Of all that was ever told of an entity: so that what a list lacks can be told, too. */
  ids(entity: string): Promise<readonly string[]>
  /** Resolves once everything that is durable in the log is remembered, or cannot be. */
  idle(): Promise<void>
}
type Deps = {
  database: Database
  instanceId: string
  epoch: number
  /** Of the account (linkOf): what is told anew after another one has other ids. */
  link: string
  life: Pick<SocketLife, 'signal' | 'failing'>
  append(offers: readonly Offer[]): Promise<void>
  random: () => number
  logger: Logger
}

/** Compared by one statement, and appended together. */
const maxTogether = 500

export function openTold(deps: Deps): Told {
  const { instanceId, logger } = deps
  const unwritten = createUnwritten()
  const inLine = createLine()

  /** One after another, and never beside a write: what rows and `unwritten` say together is then whole. */
  const tellSome = (states: readonly State[], place: Place, offerOf: OfferOf) =>
    inLine(async () => {
      const { differing, underWay } = await compare(states, place)
      const offers: Offer[] = []
      for (const one of differing) offers.push(await offerOf(one))
      if (differing.some(one => isOvertaken(one, place))) return 'overtaken'
      const told = differing.length === 0 ? Promise.resolve() : remember(differing, place, deps.append(offers))
      return { remembered: Promise.all([told, ...underWay]) }
    })

  const isOvertaken = (state: Differing, place: Place): boolean =>
    Object.keys(state.fields).some(field => unwritten.of(state).isNewer(field, place))

  /** Anew where something newer came while it was compared: each time that leaves out a field more. */
  async function tellNewest(states: readonly State[], place: Place, offerOf: OfferOf): Promise<void> {
    for (;;) {
      const done = await tellSome(states, place, offerOf)
      if (done === 'overtaken') continue
      await done.remembered
      return
    }
  }

  async function compare(states: readonly State[], place: Place): Promise<Compared> {
    const rows = await untilDone('reading', () => readTold(deps.database, instanceId, states), deps)
    const differing = states.flatMap(state => {
      const { digests, version } = rows.get(keyOf(state)) ?? { digests: {}, version: 0 }
      const since = unwritten.of(state)
      const fields = differingFields(state, { ...digests, ...since.digests }, field => since.isNewer(field, place))
      if (fields === null) return []
      const told = Object.entries(fields).map(([field, value]) => `${field} ${digestOf(value)}`)
      const telling = [deps.link, state.entity, state.id, String(version), String(since.tellings), ...told]
      return [{ ...state, fields, eventId: (type: EventType) => toldId({ instanceId, type, telling }) }]
    })
    return { differing, underWay: new Set(states.flatMap(state => unwritten.of(state).underWay())) }
  }

  /** Rejects as the append does. */
  async function remember(states: readonly State[], place: Place, durable: Promise<void>): Promise<void> {
    const telling = unwritten.add(states, place, durable)
    await durable
    telling.isDurable()
    await inLine(() => write(place))
  }

  async function write(upTo: Place): Promise<void> {
    const rows = unwritten.durable(upTo)
    if (rows.length === 0) return
    const written = await untilDone('writing', () => writeTold(deps.database, deps, rows), deps)
    if (written === 'fenced') throw new SocketEnded(`instance ${instanceId} is owned by a newer epoch`)
    unwritten.written(rows)
  }

  /** What is in the log is told once more by the next epoch; what is not, WhatsApp delivers again. */
  const forgotten = (error: unknown) => logger.warn('state.not-remembered', { instanceId, error: describeError(error) })

  return {
    answered: unwritten.begin,
    tell: async (states, offerOf, place = unwritten.begin()) => {
      try {
        for (let at = 0; at < states.length; at += maxTogether)
          await tellNewest(states.slice(at, at + maxTogether), place, offerOf)
      } finally {
        unwritten.over(place)
      }
    },
    change: (states, durable) => {
      if (states.length > 0) remember(states, unwritten.next(), durable).catch(forgotten)
    },
    differs: state => inLine(async () => (await compare([state], unwritten.next())).differing.length > 0),
    ids: entity => inLine(() => untilDone('listing', () => readToldIds(deps.database, instanceId, entity), deps)),
    idle: () => inLine(() => write(Number.POSITIVE_INFINITY)).catch(forgotten),
  }
}

/** Tried again until the socket has ended, also once its connection is gone: what is lost then would be lost by a clean end, too. */
function untilDone<T>(doing: string, work: () => Promise<T>, { life, instanceId, epoch, random, logger }: Deps): Promise<T> {
  const line = { event: 'told.retrying', instanceId, epoch }
  return outlast(doing, work, { life, isForGood: () => false, line, random, logger })
}

/** Each begins when the one before is over, however that went. */
function createLine(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const done = last.then(work, work)
    last = done
    return done
  }
}
