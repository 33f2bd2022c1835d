// What is done about groups, for tests: an account that is open, people who know it, and what became of each thing that was asked.
import type { Contact, Group } from '../../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { until } from '../until.ts'
import { type Asked, askToDo, over, untilRow } from './commands.ts'
import { openRig, ownerPn, type Rig } from './rig.ts'

export type GroupsRig = { rig: Rig; device: SimDevice } & Record<'owner' | 'ana' | 'bea', Contact>

export async function openGroupsRig(name: string, logger: Logger): Promise<GroupsRig> {
  const rig = await openRig(name, logger)
  await rig.start()
  const owner = rig.simulator.contact({ pn: ownerPn, name: 'Owner' })
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const bea = rig.simulator.contact({ pn: '5511900000012', name: 'Bea' })
  return { rig, owner, ana, bea, device: await rig.pair('first') }
}

export const nobody = '5511900000099@s.whatsapp.net'

const start = (groups: GroupsRig, operation: string, body: object) =>
  askToDo(groups.rig, operation, body, 'groupId' in body ? String(body.groupId) : '')

async function outcomeOf(groups: GroupsRig, asked: Pick<Asked, 'commandId'>) {
  const event = await over(groups.rig, asked)
  if (event.type === 'command.completed') return { tries: event.tries, result: JSON.parse(event.result ?? 'null') }
  const { tries, reason, reasonText, code } = event
  return { tries, reason, reasonText, code }
}

export const perform = async (groups: GroupsRig, operation: string, body: object) =>
  outcomeOf(groups, await start(groups, operation, body))

/** Of one in which the account is an admin, if not told otherwise. */
export const aGroup = (groups: GroupsRig, of: Partial<Pick<Group, 'subject' | 'members' | 'admins' | 'refuses'>> = {}): Group =>
  groups.rig.simulator.group({ subject: 'Turma', members: [groups.owner, groups.ana], admins: [groups.owner.lidJid], ...of })

export const now = (groups: GroupsRig, { id }: Group): Group => {
  const group = groups.rig.simulator.groupById(id)
  if (group === undefined) throw new Error(`expected group ${id} at the simulator`)
  return group
}

export const names = (people: readonly Contact[]) => people.map(({ name }) => name).toSorted()

type Named = Pick<Group, 'id'>

const atLeast = <One>(count: number, read: () => Promise<readonly One[]>): Promise<readonly One[]> =>
  until(`${count} events`, async () => {
    const events = await read()
    return events.length >= count && events
  })

const updatesOf = async (groups: GroupsRig, { id }: Named) =>
  (await groups.rig.eventsOf('group.updated')).filter(({ groupId }) => groupId === id)

const comingsOf = async (groups: GroupsRig, { id }: Named) =>
  (await groups.rig.eventsOf('group.participants-changed')).filter(({ groupId }) => groupId === id)

export const updates = (groups: GroupsRig, group: Named, count: number) => atLeast(count, () => updatesOf(groups, group))

export const comings = (groups: GroupsRig, group: Named, count: number) => atLeast(count, () => comingsOf(groups, group))

/** As its change said it, whatever lists say after a lost connection, and however often it was delivered. */
export const changesOf = async (groups: GroupsRig, group: Group) =>
  new Set((await updatesOf(groups, group)).filter(({ origin }) => origin === 'change').map(({ eventId }) => eventId))

export const person = (of: Contact, code: string, status: string) => ({ id: of.lidJid, pn: of.pnJid, code, status })

/** The next order is lost, or its answer, and the connection with it. */
export async function interrupted(
  groups: GroupsRig,
  fault: 'swallow' | 'unsaid',
  operation: string,
  body: object,
  meanwhile: () => void = () => undefined,
) {
  groups.device.answerIqs({ xmlns: operation === 'group.set-picture' ? 'w:profile:picture' : 'w:g2', fault })
  const asked = await start(groups, operation, body)
  await untilRow(groups.rig, asked, 'given', row => row.tries === 1)
  await until('the order came', () => groups.device.iqFaultsLeft() === 0)
  meanwhile()
  groups.device.drop()
  return outcomeOf(groups, asked)
}
