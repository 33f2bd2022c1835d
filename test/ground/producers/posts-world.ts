// Statuses and albums as an account sends them, for tests: three people whom nobody has written to, and what became of each command.
import type { Contact } from '../../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import type { Asked } from './commands.ts'
import { openRig, ownerPn, type Rig } from './rig.ts'

export type PostsWorld = {
  rig: Rig
  device: SimDevice
  /** So many were made. */
  people: number
} & Partial<Record<'ana' | 'bia' | 'caio', Contact>>

export async function openPostsWorld(name: string, logger: Logger): Promise<PostsWorld> {
  const rig = await openRig(name, logger)
  await rig.start({ commandTimes: { ackMs: 1_000, retryMs: 30, fileMs: 100 } })
  return { rig, device: await rig.pair('first'), people: 0 }
}

/** Whom no other test of the file knows. */
export function meetPeople(world: PostsWorld): void {
  const somebody = () => {
    world.people += 1
    return world.rig.simulator.contact({
      pn: `55119000002${String(world.people).padStart(2, '0')}`,
      name: `Person ${world.people}`,
    })
  }
  world.ana = somebody()
  world.bia = somebody()
  world.caio = somebody()
}

export const status = 'status@broadcast'

export const lidOf = (person: Contact | undefined) => person?.lidJid ?? ''

export const pnsOf = (...of: readonly (Contact | undefined)[]) => [...of.map(person => person?.pn), ownerPn].toSorted()

export const shownOf = (world: PostsWorld, { messageId }: { messageId: string }) =>
  world.device.shown().find(one => one.messageId === messageId)

export const countOf = (world: PostsWorld, { messageId }: { messageId: string }) =>
  world.device.stanzasSent().find(one => one.messageId === messageId)?.count

export const rests = (world: PostsWorld) =>
  world.rig.database.database.query('select from outgoing_turns where rests_until > now()')

export const sentOf = async (world: PostsWorld, { commandId }: Asked) =>
  (await world.rig.eventsOf('message.sent')).find(event => event.commandId === commandId)
