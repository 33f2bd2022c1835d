// Guarantee: a list of 300 groups that is told again after each of ten kills is in the log once, and of what changed in between that alone.
import { expect, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import type { Event, EventOf } from '../../src/events/event.ts'
import { embedded, onEachSetup } from '../ground/scenarios/setups.ts'
import type { Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const KILLS = 10
const GROUPS = 300

onEachSetup(
  setup => {
    test('[B1] [B2] ten kills with 300 groups give no further event of a group', async () => {
      const stage = await setup.openStage()
      try {
        const { device, simulator } = stage
        const ana = simulator.contact({ pn: '5511900000011', name: 'Ana' })
        const groups = Array.from({ length: GROUPS }, (_, at) =>
          simulator.group({ subject: `Team ${at}`, members: [device.owner, ana] }),
        )
        device.dirtyGroups()
        await until('the list is in the log', async () => (await snapshotsOf(stage)).length === GROUPS)
        for (let kill = 0; kill < KILLS; kill++) {
          await stage.kill()
          await stage.restart()
          await until('the companion to be back', device.isOnline)
          device.dirtyGroups()
          await untilFenced(stage, ana, `after kill ${kill}`)
        }
        simulator.group({ id: groups[0]?.id ?? '', subject: 'Renamed', members: [device.owner, ana] })
        device.dirtyGroups()
        await until('the difference is in the log', async () => (await snapshotsOf(stage)).length > GROUPS)
        const [renamed, ...others] = (await snapshotsOf(stage)).slice(GROUPS)
        expect(renamed).toMatchObject({ groupId: groups[0]?.id, subject: 'Renamed' })
        expect(others).toEqual([])
      } finally {
        await stage.close()
      }
    }, 300_000)
  },
  [embedded],
)

const isSnapshot = (event: Event): event is EventOf<'group.updated'> =>
  event.type === 'group.updated' && event.origin === 'snapshot'

async function eventsOf(stage: Stage): Promise<readonly Event[]> {
  const log = await stage.ground.openLog()
  try {
    return await log.events('events')
  } finally {
    await log.close()
  }
}

/** Each once: a death between an append and what is remembered of it gives copies, under the same id. */
async function snapshotsOf(stage: Stage): Promise<readonly EventOf<'group.updated'>[]> {
  const found = (await eventsOf(stage)).filter(isSnapshot)
  return [...new Map(found.toReversed().map(event => [event.eventId, event])).values()].toReversed()
}

/** A change of another group, once the list before it was answered: whatever that list added is in the log by then. */
async function untilFenced(stage: Stage, by: Contact, subject: string): Promise<void> {
  const { device, simulator } = stage
  const fence = simulator.group({ subject, members: [by] })
  device.changeGroup(fence, by, { kind: 'subject', subject })
  await until(`${subject} is in the log`, async () =>
    (await eventsOf(stage)).some(event => event.type === 'group.updated' && event.subject === subject),
  )
}
