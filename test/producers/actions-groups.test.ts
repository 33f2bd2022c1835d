// What is done about groups, by the real Baileys at the simulator: each thing once, what WhatsApp says of each person, its refusals in words, and
// what is known of a try that it never answered.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact, Group } from '../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askToDo, untilRow } from '../ground/producers/commands.ts'
import { openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let device: SimDevice
let owner: Contact
let ana: Contact
let bea: Contact
beforeAll(async () => {
  rig = await openRig('actions-groups', logger)
  await rig.start()
  owner = rig.simulator.contact({ pn: ownerPn, name: 'Owner' })
  ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  bea = rig.simulator.contact({ pn: '5511900000012', name: 'Bea' })
  device = await rig.pair('first')
})
afterAll(() => rig.close())

const nobody = '5511900000099@s.whatsapp.net'
const start = (operation: string, body: object) => askToDo(rig, operation, body, 'groupId' in body ? String(body.groupId) : '')

async function outcomeOf({ commandId }: { commandId: string }) {
  const event = await until('an outcome', async () =>
    (await rig.events()).find(
      one => (one.type === 'command.completed' || one.type === 'command.failed') && one.commandId === commandId,
    ),
  )
  if (event.type === 'command.completed') return { tries: event.tries, result: JSON.parse(event.result ?? 'null') }
  if (event.type !== 'command.failed') throw new Error(`expected an outcome, got ${event.type}`)
  const { tries, reason, reasonText, code } = event
  return { tries, reason, reasonText, code }
}
const perform = async (operation: string, body: object) => outcomeOf(await start(operation, body))

/** Of one in which the account is an admin, if not told otherwise. */
const aGroup = (of: Partial<Pick<Group, 'subject' | 'members' | 'admins' | 'refuses'>> = {}): Group =>
  rig.simulator.group({ subject: 'Turma', members: [owner, ana], admins: [owner.lidJid], ...of })
const now = ({ id }: Group): Group => {
  const group = rig.simulator.groupById(id)
  if (group === undefined) throw new Error(`expected group ${id} at the simulator`)
  return group
}
const names = (people: readonly Contact[]) => people.map(({ name }) => name).toSorted()
type Named = Pick<Group, 'id'>
const atLeast = <One>(count: number, read: () => Promise<readonly One[]>): Promise<readonly One[]> =>
  until(`${count} events`, async () => {
    const events = await read()
    return events.length >= count && events
  })
const updatesOf = async ({ id }: Named) => (await rig.eventsOf('group.updated')).filter(({ groupId }) => groupId === id)
const comingsOf = async ({ id }: Named) =>
  (await rig.eventsOf('group.participants-changed')).filter(({ groupId }) => groupId === id)
const updates = (group: Named, count: number) => atLeast(count, () => updatesOf(group))
const comings = (group: Named, count: number) => atLeast(count, () => comingsOf(group))
/** As its change said it, whatever lists say after a lost connection, and however often it was delivered. */
const changesOf = async (group: Group) =>
  new Set((await updatesOf(group)).filter(({ origin }) => origin === 'change').map(({ eventId }) => eventId))
const person = (of: Contact, code: string, status: string) => ({ id: of.lidJid, pn: of.pnJid, code, status })

/** The next order is lost, or its answer, and the connection with it. */
async function interrupted(
  fault: 'swallow' | 'unsaid',
  operation: string,
  body: object,
  meanwhile: () => void = () => undefined,
) {
  device.answerIqs({ xmlns: operation === 'group.set-picture' ? 'w:profile:picture' : 'w:g2', fault })
  const asked = await start(operation, body)
  await untilRow(rig, asked, 'given', row => row.tries === 1)
  await until('the order came', () => device.iqFaultsLeft() === 0)
  meanwhile()
  device.drop()
  return outcomeOf(asked)
}

describe('making a group', () => {
  const make = (subject: string, more: object = {}) => ({
    ...{ subject, participants: [ana.pnJid, bea.lidJid, nobody], askedAt: Date.now() },
    ...more,
  })

  test('[F1] [D4] answers its id and what became of each person, and it is told once', async () => {
    const { result } = await perform('group.create', make('Excursão', { description: 'Sábado às 8' }))
    expect(result).toEqual({
      ...{ groupId: expect.stringMatching(/@g\.us$/), subject: 'Excursão', isDescribed: true },
      participants: [
        person(ana, '200', 'done'),
        person(bea, '200', 'done'),
        { id: nobody, pn: nobody, code: '404', status: 'not-on-whatsapp' },
      ],
    })
    const made = rig.simulator.groupById(result.groupId)
    expect([made?.subject, names(made?.members ?? [])]).toEqual(['Excursão', ['Ana', 'Bea', 'Owner']])
    const [created, described, ...others] = await updates({ id: result.groupId }, 2)
    expect(created).toMatchObject({ subject: 'Excursão', ownerId: owner.lidJid, authorId: owner.lidJid, origin: 'change' })
    expect(described).toMatchObject({ description: 'Sábado às 8' })
    expect(others).toEqual([])
  })

  const groupsCalled = (subject: string) => rig.simulator.groupsOf(ownerPn).filter(group => group.subject === subject)

  test('[F1] is done once where WhatsApp never heard of the first try', async () => {
    expect(await interrupted('swallow', 'group.create', make('Perdida'))).toMatchObject({
      tries: 2,
      result: { subject: 'Perdida' },
    })
    expect(groupsCalled('Perdida')).toHaveLength(1)
  })

  test('[F1] is not done again where such a group is there: nobody can say whether it is this one', async () => {
    expect(await interrupted('unsaid', 'group.create', make('Calada'))).toMatchObject({ tries: 1, reason: 'outcome-unknown' })
    expect(groupsCalled('Calada')).toHaveLength(1)
  })

  test('[F1] that WhatsApp refuses makes none, and says so', async () => {
    device.answerIqs({ xmlns: 'w:g2', fault: { error: 406 } })
    expect(await perform('group.create', make('Recusada'))).toMatchObject({ reason: 'refused', code: '406' })
    device.answerIqs({ xmlns: 'w:g2', fault: { error: 403 } })
    expect(await perform('group.create', make('Recusada'))).toMatchObject({
      reason: 'not-allowed',
      reasonText: /make this group/,
    })
    expect(groupsCalled('Recusada')).toEqual([])
  })
})

describe('changing a group', () => {
  const all = {
    ...{ subject: 'Turma B', description: 'Pão às seis', announce: true, restrict: true, joinApproval: true, memberAdd: true },
    expiresInSeconds: 86_400,
  }

  test('[F1] [D4] changes each field that differs, each told once, and back', async () => {
    const group = aGroup()
    const back = { subject: 'Turma', description: '', announce: false, restrict: false, joinApproval: false, memberAdd: false }
    const change = (fields: object) => perform('group.update', { groupId: group.id, ...fields })
    expect(await change(all)).toMatchObject({ result: { changed: Object.keys(all) } })
    expect(await change(all)).toMatchObject({ result: { changed: [] } })
    expect(await change({ description: 'Pão às sete' })).toMatchObject({ result: { changed: ['description'] } })
    expect(await change({ ...back, expiresInSeconds: 0 })).toMatchObject({ result: { changed: Object.keys(all) } })
    const events = await updates(group, 15)
    expect(events).toHaveLength(15)
    const changes = [all, { description: 'Pão às sete' }, { ...back, expiresInSeconds: 0 }].flatMap(fields =>
      Object.entries(fields).map(([name, value]) => ({ [name]: value, authorId: owner.lidJid })),
    )
    expect(events).toMatchObject(changes)
  })

  test.each([
    ['unsaid', 1],
    ['swallow', 2],
  ] as const)('[F1] whose answer is lost is read back, and done once: %s', async (fault, tries) => {
    const group = aGroup()
    expect(await interrupted(fault, 'group.update', { groupId: group.id, subject: 'Depois' })).toMatchObject({ tries })
    expect(now(group).subject).toBe('Depois')
    await until('it is told', async () => (await changesOf(group)).size > 0)
    expect(await changesOf(group)).toHaveLength(1)
  })

  test('[F1] whose answer is lost, and that can be read back by nobody any more, has an unknown outcome', async () => {
    const group = aGroup()
    const body = { groupId: group.id, subject: 'Depois' }
    const removed = () => void device.changeGroup(group, ana, { kind: 'remove', people: [owner] })
    expect(await interrupted('swallow', 'group.update', body, removed)).toMatchObject({ tries: 1, reason: 'outcome-unknown' })
    expect(now(group).subject).toBe('Turma')
  })

  test('[F1] by one who is no admin is refused in words, and the words say what was changed before', async () => {
    const group = aGroup({ admins: [ana.lidJid] })
    const refused = await perform('group.update', { groupId: group.id, subject: 'Nossa', announce: true })
    expect(refused).toEqual({
      ...{ tries: 1, reason: 'not-allowed', code: '403' },
      reasonText:
        'Changing announce: The account is no admin of the group, or is not in it. Changed before that: subject. WhatsApp said 403.',
    })
    expect([now(group).subject, now(group).settings.announcement]).toEqual(['Nossa', undefined])
  })

  test.each([
    ['there is none', '120363000000000999@g.us', { reason: 'not-on-whatsapp', reasonText: /^WhatsApp knows no such group\./ }],
    ['the account is not in it', null, { reason: 'not-allowed', reasonText: /^The account is not in the group\./ }],
  ])('[F1] where %s has failed at once, in words', async (_, id, { reason, reasonText }) => {
    const groupId = id ?? aGroup({ members: [ana, bea] }).id
    expect(await perform('group.update', { groupId, subject: 'x' })).toMatchObject({
      ...{ tries: 1, reason },
      reasonText: expect.stringMatching(reasonText),
    })
  })

  test('[F1] [D4] its picture is set and taken away; what is none is refused', async () => {
    const group = aGroup()
    const set = (image: string | null) => perform('group.set-picture', { groupId: group.id, image })
    const { result } = await set(Buffer.from('ffd8ffe000044a46ffc0000b080280028001011100', 'hex').toString('base64'))
    expect(result.pictureId).toMatch(/^\d+$/)
    expect(await set(null)).toMatchObject({ result: { pictureId: null } })
    expect(await updates(group, 2)).toMatchObject([{ pictureId: result.pictureId }, { pictureId: '' }])
    device.answerIqs({ xmlns: 'w:profile:picture', fault: { error: 406 } })
    expect(await set(null)).toMatchObject({ reason: 'refused', reasonText: /does not take this picture/ })
  })
})

describe('the people of a group', () => {
  const change = (group: Group, action: string, participants: readonly string[]) =>
    perform('group.change-participants', { groupId: group.id, action, participants })

  test('[F1] [D4] are added, and WhatsApp says of each why not', async () => {
    const [shy, gone] = [13, 14].map(nth => rig.simulator.contact({ pn: `55119000000${nth}`, name: `Person ${nth}` }))
    if (shy === undefined || gone === undefined) throw new Error('expected two people')
    const group = aGroup({ refuses: { [shy.pn]: '403', [gone.pn]: '408' } })
    const { result } = await change(group, 'add', [bea.pnJid, ana.lidJid, shy.pnJid, gone.pnJid, nobody])
    expect(result.participants).toEqual([
      person(bea, '200', 'done'),
      person(ana, '409', 'already-in'),
      person(shy, '403', 'needs-invite'),
      person(gone, '408', 'left-recently'),
      { id: nobody, pn: nobody, code: '404', status: 'not-on-whatsapp' },
    ])
    expect(names(now(group).members)).toEqual(['Ana', 'Bea', 'Owner'])
    const changes = await comings(group, 1)
    expect(changes).toMatchObject([{ action: 'add', participants: [{ id: bea.lidJid }], authorId: owner.lidJid }])
  })

  test('[F1] [D4] become admins, no longer are, and are removed, by whichever address; who is not in it is said', async () => {
    const group = aGroup()
    const missing = { id: bea.pnJid, pn: bea.pnJid, code: '404', status: 'not-in-group' }
    for (const action of ['promote', 'demote', 'remove']) {
      expect(await change(group, action, [ana.pnJid, bea.pnJid])).toMatchObject({
        result: { participants: [person(ana, '200', 'done'), missing] },
      })
      expect([action, now(group).admins.includes(ana.lidJid)]).toEqual([action, action === 'promote'])
    }
    expect(names(now(group).members)).toEqual(['Owner'])
    const events = await comings(group, 3)
    expect(events.map(({ action }) => action)).toEqual(['promote', 'demote', 'remove'])
    expect(await change(group, 'remove', [ana.pnJid])).toMatchObject({ result: { participants: [{ status: 'not-in-group' }] } })
  })

  test.each([
    ['add', 'unsaid', 1],
    ['add', 'swallow', 2],
    ['remove', 'unsaid', 1],
    ['promote', 'unsaid', 1],
    ['demote', 'swallow', 1],
  ] as const)('[F1] of %s that was lost (%s) WhatsApp is asked how it stands', async (action, fault, tries) => {
    const group = aGroup()
    const who = action === 'add' ? bea : ana
    const body = { groupId: group.id, action, participants: [who.lidJid] }
    expect(await interrupted(fault, 'group.change-participants', body)).toMatchObject({
      ...{ tries },
      result: { participants: [{ id: who.lidJid, code: '200', status: 'done' }] },
    })
    expect(names(now(group).members).includes(who.name)).toBe(action !== 'remove')
    expect(now(group).admins.includes(who.lidJid)).toBe(action === 'promote')
  })

  test('[F1] are not changed by one who is no admin', async () => {
    const group = aGroup({ admins: [ana.lidJid] })
    expect(await change(group, 'remove', [ana.lidJid])).toMatchObject({ reason: 'not-allowed', code: '403' })
    expect(names(now(group).members)).toEqual(['Ana', 'Owner'])
  })
})

describe('coming and going', () => {
  const link = (group: Group, operation: string) => perform(operation, { groupId: group.id })
  const join = (invite: string) => perform('group.join', { invite })

  test('[F1] the invite link is read, and revoked for another one', async () => {
    const group = aGroup()
    const { result: first } = await link(group, 'group.read-invite-link')
    expect(first).toEqual({ code: now(group).inviteCode, url: `https://chat.whatsapp.com/${first.code}` })
    expect((await link(group, 'group.read-invite-link')).result).toEqual(first)
    const { result: second } = await link(group, 'group.revoke-invite-link')
    expect(second.code).not.toBe(first.code)
    expect(await updates(group, 1)).toMatchObject([{ inviteCode: second.code }])
    expect(await join(first.code)).toMatchObject({
      reason: 'refused',
      reasonText: /^There is no such invite link\./,
      code: '406',
    })
    expect(await join(second.code)).toMatchObject({ result: { groupId: group.id, status: 'joined' } })
  })

  /** In which the account is not. */
  const elsewhere = (inviteCode: string, approval = false): Group => {
    const group = aGroup({ members: [ana], admins: [ana.lidJid] })
    device.changeGroup(group, ana, { kind: 'invite', code: inviteCode })
    if (approval) device.changeGroup(group, ana, { kind: 'joinApproval', on: true })
    return now(group)
  }

  test('[F1] [D4] a group is joined by its code, left, and joined no more once the link is another', async () => {
    const group = elsewhere('AbCdEfGhIj01')
    expect(await join('AbCdEfGhIj01')).toMatchObject({ result: { groupId: group.id, status: 'joined' } })
    expect(names(now(group).members)).toEqual(['Ana', 'Owner'])
    expect(await perform('group.leave', { groupId: group.id })).toMatchObject({ tries: 1, result: null })
    expect(names(now(group).members)).toEqual(['Ana'])
    const events = await comings(group, 2)
    expect(events).toMatchObject([
      { action: 'add', participants: [{ id: owner.lidJid }], reason: 'invite' },
      { action: 'leave', participants: [{ id: owner.lidJid }] },
    ])
  })

  test('[F1] where an admin lets people in, joining is asked for', async () => {
    const group = elsewhere('AbCdEfGhIj02', true)
    expect(await join('AbCdEfGhIj02')).toMatchObject({ result: { groupId: group.id, status: 'requested' } })
    expect(names(now(group).asking)).toEqual(['Owner'])
  })

  test.each([
    ['unsaid', 1],
    ['swallow', 2],
  ] as const)('[F1] joining and leaving whose answers are lost are read back: %s', async (fault, tries) => {
    const code = `AbCdEfGhIj${fault}`
    const group = elsewhere(code)
    const joined = await interrupted(fault, 'group.join', { invite: code })
    expect(joined).toMatchObject({ tries, result: { groupId: group.id, status: 'joined' } })
    expect(await interrupted(fault, 'group.leave', { groupId: group.id })).toMatchObject({ tries, result: null })
    expect(names(now(group).members)).toEqual(['Ana'])
  })

  const asking = async () => {
    const group = aGroup()
    device.changeGroup(group, bea, { kind: 'joinRequested', people: [bea], method: 'invite_link' })
    return now(group)
  }
  const answer = (group: Group, action: string) => ({ groupId: group.id, action, participants: [bea.pnJid] })

  test('[F1] who asks to be let in is listed, let in or not, and answered once', async () => {
    for (const [action, members] of [
      ['approve', ['Ana', 'Bea', 'Owner']],
      ['reject', ['Ana', 'Owner']],
    ] as const) {
      const group = await asking()
      const { result } = await perform('group.read-join-requests', { groupId: group.id })
      const request = { id: bea.lidJid, pn: bea.pnJid, method: 'invitelink', requestedAt: expect.stringMatching(/Z$/) }
      expect(result).toEqual({ requests: [request] })
      const answered = await perform('group.answer-join-requests', answer(group, action))
      expect(answered).toMatchObject({ result: { participants: [person(bea, '200', 'done')] } })
      expect([names(now(group).members), now(group).asking]).toEqual([members, []])
      const again = await perform('group.answer-join-requests', answer(group, action))
      expect(again).toMatchObject({ result: { participants: [{ id: bea.pnJid, code: '404', status: 'not-asking' }] } })
    }
  })

  test.each([
    ['approve', 'unsaid', 1],
    ['reject', 'unsaid', 1],
    ['approve', 'swallow', 2],
  ] as const)('[F1] an answer that was lost is read back: %s %s', async (action, fault, tries) => {
    const group = await asking()
    expect(await interrupted(fault, 'group.answer-join-requests', answer(group, action))).toMatchObject({
      ...{ tries },
      result: { participants: [{ code: '200', status: 'done' }] },
    })
    expect(now(group).asking).toEqual([])
  })
})

test('[D4] a group that is read anew is told only where it is not as it was told', async () => {
  const group = aGroup()
  const refresh = () => perform('group.refresh', { groupId: group.id })
  expect(await refresh()).toMatchObject({ result: { groupId: group.id, subject: 'Turma', participantCount: 2 } })
  await updates(group, 1)
  await refresh()
  rig.simulator.group({ id: group.id, subject: 'Outra', members: [owner, ana] })
  await refresh()
  const [first, second, ...others] = await updates(group, 2)
  expect(first).toMatchObject({ subject: 'Turma', origin: 'snapshot' })
  expect(second).toMatchObject({ subject: 'Outra', origin: 'snapshot' })
  expect(second?.participants ?? null).toBeNull()
  expect(others).toEqual([])
})
