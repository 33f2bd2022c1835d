// What Baileys says of the app state, and the list of those blocked, on their way into the log: of a list only what differs from what was
// appended last, of a change what it changed. What is said in one go is compared together.
import { readAppState } from '../../convert/app-state/app-state.ts'
import { type Before, blockedEntity, readBlocklist } from '../../convert/app-state/blocklist.ts'
import type { Said } from '../../convert/app-state/said.ts'
import type { OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { AppStateWatch, Collection } from '../socket/watch-app-state.ts'
import type { Told } from '../told/told.ts'
import type { ToldLists } from '../told/told-lists.ts'
import type { Place } from '../told/unwritten.ts'
import { type Heard, together } from './heard.ts'
import type { Epoch } from './open-epoch.ts'
import type { Say } from './session.ts'

export type AppStateIntake = {
  /** What of it is none of the app state; undefined: all of it is. */
  hear(name: string, payload: unknown): unknown
  /** All that Baileys had to tell of these was heard. */
  heard(collections: readonly Collection[]): void
  /** Resolves once all that was heard is durable, or cannot be. */
  idle(): Promise<void>
}
type Deps = {
  of: Pick<Epoch, 'instanceId' | 'intake'>
  watch: Pick<AppStateWatch, 'telling' | 'isWhole'>
  told: Told
  lists: ToldLists
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>
  own(): OwnAddresses
  say: Say
  clock: () => number
  metrics: Pick<ProducerMetrics, 'ignored'>
}
const blocklist = 'blocklist'

export function createAppStateIntake(deps: Deps): AppStateIntake {
  const { of, watch, told, lists, say } = deps
  const { ignores } = of.intake
  let waiting: Heard[] = []
  let telling: Promise<void> = Promise.resolve()

  function hear(name: string, payload: unknown): unknown {
    if (name === 'blocklist.set') return hearBlocklist(payload)
    const { said, rest } = readAppState(name, payload)
    const isWhole = watch.isWhole()
    const origin = isWhole && watch.telling().some(lists.isFirst) ? 'snapshot' : 'change'
    keep(said, { origin, isWhole })
    return rest
  }

  function keep(said: readonly Said[], how: Pick<Heard, 'origin' | 'isWhole'>): void {
    const heard = heardIn(said, how)
    if (heard.length === 0) return
    if (waiting.length === 0) setImmediate(tell)
    waiting.push(...heard)
  }

  function heardIn(said: readonly Said[], how: Pick<Heard, 'origin' | 'isWhole'>): readonly Heard[] {
    const kept = said.filter(({ about }) => about === null || !ignores(about))
    if (kept.length < said.length) deps.metrics.ignored.inc({ name: 'settings, in an event of Baileys' })
    const occurredAt = deps.clock()
    return kept.map(one => ({ said: one, ...how, occurredAt }))
  }

  const goingOf = (heard: readonly Heard[]) => together(heard, { instanceId: of.instanceId, own: deps.own(), known: deps.known })

  /** Begins where something waits; resolves once all that was heard until now is durable. */
  function tell(): Promise<void> {
    const { states, offerOf } = goingOf(waiting)
    waiting = []
    return states.length === 0 ? telling : begun('app state', told.tell(states, offerOf))
  }

  function begun(what: string, done: Promise<void>): Promise<void> {
    say(what, done)
    telling = Promise.allSettled([telling, done]).then(() => done)
    telling.catch(() => null) // said above
    return telling
  }

  /** null: WhatsApp said no list. */
  function hearBlocklist(payload: unknown): unknown {
    const { rest } = readBlocklist(payload, [])
    if (rest === undefined) lists.wasTold(blocklist, begun(blocklist, tellBlocklist(payload, told.answered())))
    return rest
  }

  /** `place`: of the answer, so that a notification that comes before it is compared is newer. */
  async function tellBlocklist(payload: unknown, place: Place): Promise<void> {
    const origin = lists.isFirst(blocklist) ? 'snapshot' : 'change'
    const ids = await told.ids(blockedEntity)
    await deps.known.readAhead(ids.map(id => ({ id, pn: null })))
    const before: Before[] = []
    for (const id of ids) before.push({ id, known: await deps.known.complete({ id, pn: null }) })
    const { states, offerOf } = goingOf(heardIn(readBlocklist(payload, before).said, { origin, isWhole: true }))
    await told.tell(states, offerOf, place)
  }

  return {
    hear,
    heard: collections => {
      const durable = tell()
      for (const collection of collections) lists.wasTold(collection, durable)
    },
    idle: () => tell().catch(() => undefined),
  }
}
