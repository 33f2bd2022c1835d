// Baileys' own events, on their way into the log: each is kept, kept in part or left out, by the table of event-sources.ts and the settings.
import { convertBaileysEvent } from '../convert/convert-baileys-event.ts'
import { treatEvent } from '../convert/event-sources.ts'
import { groupsListed, type NamedGroup } from '../convert/group-names.ts'
import type { EpochDeps } from './open-epoch.ts'
import type { Say, SessionOf } from './session.ts'

export function createEventIntake(
  { clock, metrics }: EpochDeps,
  { epoch: { instanceId, intake }, groupNames }: SessionOf,
  say: Say,
): (name: string, payload: unknown) => void {
  const { ignores } = intake

  function append(name: string, payload: unknown): void {
    const { offer, isCut } = convertBaileysEvent({ instanceId, name, payload, occurredAt: clock(), ignores })
    if (isCut) metrics.ignored.inc({ name: 'settings, in an event of Baileys' })
    if (offer !== null) say(name, intake.append([offer]))
    const renamed = groupsListed(name, payload).filter(group => groupNames.isNew(group) && !ignores(group.groupId))
    if (renamed.length > 0) say('group.updated', tellNames(renamed))
  }

  async function tellNames(groups: readonly NamedGroup[]): Promise<void> {
    const about = { eventId: null, type: 'group.updated', instanceId, occurredAt: clock() } as const
    await intake.append(groups.map(group => ({ ...about, chatId: group.groupId, ...group })))
    for (const group of groups) groupNames.remember(group)
  }

  return (name, payload) => {
    const treatment = treatEvent(name, payload)
    if (treatment.kind === 'append-unlisted') metrics.unlisted.inc()
    if (treatment.kind === 'ignore') metrics.ignored.inc({ name: `baileys ${name}` })
    else append(name, treatment.payload)
  }
}
