// Baileys' own events, on their way into the log: each is kept, kept in part or left out, by the table of event-sources.ts and the settings.
import { completeAddresses } from '../../convert/complete-addresses.ts'
import { convertBaileysEvent } from '../../convert/convert-baileys-event.ts'
import { treatEvent } from '../../convert/event-sources.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import { groupsListed, type ListedGroup } from '../../convert/notifications/group-list.ts'
import type { Told } from '../told/told.ts'
import type { AppStateIntake } from './app-state-intake.ts'
import type { EpochDeps } from './open-epoch.ts'
import type { Say, SessionOf } from './session.ts'

export type EventIntake = {
  received(name: string, payload: unknown): void
  /** Of all groups, whatever it was asked for; answers whether none was left out. Rejects only once the socket has ended. */
  tellGroups(groups: readonly ListedGroup[]): Promise<boolean>
  /** Resolves once every list that was heard is durable and remembered, or cannot be. */
  idle(): Promise<void>
}

type Of = Pick<SessionOf, 'epoch'> & {
  told: Told
  appState: Pick<AppStateIntake, 'hear'>
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>
}

export function createEventIntake(
  { clock, metrics }: EpochDeps,
  { epoch: { instanceId, intake }, told, appState, known }: Of,
  say: Say,
): EventIntake {
  const { ignores } = intake
  let lists: Promise<unknown> = Promise.resolve()

  function hear(name: string, payload: unknown): void {
    const rest = appState.hear(name, payload)
    if (rest !== undefined) append(name, rest)
  }

  function append(name: string, payload: unknown): void {
    const { offer, isCut } = convertBaileysEvent({ instanceId, name, payload, occurredAt: clock(), ignores })
    if (isCut) metrics.ignored.inc({ name: 'settings, in an event of Baileys' })
    if (offer !== null) say(name, intake.append([offer]))
  }

  function tellGroups(groups: readonly ListedGroup[]): Promise<boolean> {
    const telling = tellKept(groups)
    lists = Promise.allSettled([lists, telling])
    return telling
  }

  async function tellKept(groups: readonly ListedGroup[]): Promise<boolean> {
    const kept = groups.filter(({ groupId }) => !ignores(groupId))
    metrics.ignored.inc({ name: 'settings ignoreGroups, in a list' }, groups.length - kept.length)
    const states = kept.map(({ groupId, fields }) => ({ entity: 'group', id: groupId, fields }))
    await told.tell(states, ({ id, fields, eventId }) => {
      const about = { type: 'group.updated', instanceId, occurredAt: clock(), chatId: id, groupId: id } as const
      return completeAddresses({ ...about, ...fields, eventId: eventId('group.updated'), origin: 'snapshot' }, known)
    })
    return groups.every(({ groupId }) => !ignores(groupId))
  }

  function list(name: string, payload: unknown): void {
    const groups = groupsListed(payload)
    if (groups.length > 0) say(name, tellGroups(groups))
    else metrics.ignored.inc({ name: `baileys ${name}` })
  }

  function received(name: string, payload: unknown): void {
    const treatment = treatEvent(name, payload)
    if (treatment.kind === 'append-unlisted') metrics.unlisted.inc()
    if (treatment.kind === 'list') list(name, payload)
    else if (treatment.kind === 'ignore') metrics.ignored.inc({ name: `baileys ${name}` })
    else hear(name, treatment.payload)
  }

  return {
    received,
    tellGroups,
    idle: async () => {
      await lists
    },
  }
}
