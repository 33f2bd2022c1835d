// What is made and changed of groups, by the real Baileys at the simulator: each thing once, WhatsApp’s refusals in words, and what is known of a try that it
// never answered.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  aGroup,
  changesOf,
  type GroupsRig,
  interrupted,
  names,
  nobody,
  now,
  openGroupsRig,
  perform,
  person,
  updates,
} from '../ground/producers/groups-rig.ts'
import { ownerPn } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let groups: GroupsRig
beforeAll(async () => {
  groups = await openGroupsRig('actions-groups', logger)
})
afterAll(() => groups.rig.close())

describe('making a group', () => {
  const make = (subject: string, more: object = {}) => ({
    ...{ subject, participants: [groups.ana.pnJid, groups.bea.lidJid, nobody], askedAt: Date.now() },
    ...more,
  })

  test('[F1] [D4] answers its id and what became of each person, and it is told once', async () => {
    const { result } = await perform(groups, 'group.create', make('Excursão', { description: 'Sábado às 8' }))
    expect(result).toEqual({
      ...{ groupId: expect.stringMatching(/@g\.us$/), subject: 'Excursão', isDescribed: true },
      participants: [
        person(groups.ana, '200', 'done'),
        person(groups.bea, '200', 'done'),
        { id: nobody, pn: nobody, code: '404', status: 'not-on-whatsapp' },
      ],
    })
    const made = groups.rig.simulator.groupById(result.groupId)
    expect([made?.subject, names(made?.members ?? [])]).toEqual(['Excursão', ['Ana', 'Bea', 'Owner']])
    const [created, described, ...others] = await updates(groups, { id: result.groupId }, 2)
    expect(created).toMatchObject({
      subject: 'Excursão',
      ownerId: groups.owner.lidJid,
      authorId: groups.owner.lidJid,
      origin: 'change',
    })
    expect(described).toMatchObject({ description: 'Sábado às 8' })
    expect(others).toEqual([])
  })

  const groupsCalled = (subject: string) => groups.rig.simulator.groupsOf(ownerPn).filter(group => group.subject === subject)

  test('[F1] is done once where WhatsApp never heard of the first try', async () => {
    expect(await interrupted(groups, 'swallow', 'group.create', make('Perdida'))).toMatchObject({
      tries: 2,
      result: { subject: 'Perdida' },
    })
    expect(groupsCalled('Perdida')).toHaveLength(1)
  })

  test('[F1] is not done again where such a group is there: nobody can say whether it is this one', async () => {
    expect(await interrupted(groups, 'unsaid', 'group.create', make('Calada'))).toMatchObject({
      tries: 1,
      reason: 'outcome-unknown',
    })
    expect(groupsCalled('Calada')).toHaveLength(1)
  })

  test('[F1] that WhatsApp refuses makes none, and says so', async () => {
    groups.device.answerIqs({ xmlns: 'w:g2', fault: { error: 406 } })
    expect(await perform(groups, 'group.create', make('Recusada'))).toMatchObject({ reason: 'refused', code: '406' })
    groups.device.answerIqs({ xmlns: 'w:g2', fault: { error: 403 } })
    expect(await perform(groups, 'group.create', make('Recusada'))).toMatchObject({
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
    const group = aGroup(groups)
    const back = { subject: 'Turma', description: '', announce: false, restrict: false, joinApproval: false, memberAdd: false }
    const change = (fields: object) => perform(groups, 'group.update', { groupId: group.id, ...fields })
    expect(await change(all)).toMatchObject({ result: { changed: Object.keys(all) } })
    expect(await change(all)).toMatchObject({ result: { changed: [] } })
    expect(await change({ description: 'Pão às sete' })).toMatchObject({ result: { changed: ['description'] } })
    expect(await change({ ...back, expiresInSeconds: 0 })).toMatchObject({ result: { changed: Object.keys(all) } })
    const events = await updates(groups, group, 15)
    expect(events).toHaveLength(15)
    const changes = [all, { description: 'Pão às sete' }, { ...back, expiresInSeconds: 0 }].flatMap(fields =>
      Object.entries(fields).map(([name, value]) => ({ [name]: value, authorId: groups.owner.lidJid })),
    )
    expect(events).toMatchObject(changes)
  })

  test.each([
    ['unsaid', 1],
    ['swallow', 2],
  ] as const)('[F1] whose answer is lost is read back, and done once: %s', async (fault, tries) => {
    const group = aGroup(groups)
    expect(await interrupted(groups, fault, 'group.update', { groupId: group.id, subject: 'Depois' })).toMatchObject({ tries })
    expect(now(groups, group).subject).toBe('Depois')
    await until('it is told', async () => (await changesOf(groups, group)).size > 0)
    expect(await changesOf(groups, group)).toHaveLength(1)
  })

  test('[F1] whose answer is lost, and that can be read back by nobody any more, has an unknown outcome', async () => {
    const group = aGroup(groups)
    const body = { groupId: group.id, subject: 'Depois' }
    const removed = () => void groups.device.changeGroup(group, groups.ana, { kind: 'remove', people: [groups.owner] })
    expect(await interrupted(groups, 'swallow', 'group.update', body, removed)).toMatchObject({
      tries: 1,
      reason: 'outcome-unknown',
    })
    expect(now(groups, group).subject).toBe('Turma')
  })

  test('[F1] by one who is no admin is refused in words, and the words say what was changed before', async () => {
    const group = aGroup(groups, { admins: [groups.ana.lidJid] })
    const refused = await perform(groups, 'group.update', { groupId: group.id, subject: 'Nossa', announce: true })
    expect(refused).toEqual({
      ...{ tries: 1, reason: 'not-allowed', code: '403' },
      reasonText:
        'Changing announce: The account is no admin of the group, or is not in it. Changed before that: subject. WhatsApp said 403.',
    })
    expect([now(groups, group).subject, now(groups, group).settings.announcement]).toEqual(['Nossa', undefined])
  })

  test.each([
    ['there is none', '120363000000000999@g.us', { reason: 'not-on-whatsapp', reasonText: /^WhatsApp knows no such group\./ }],
    ['the account is not in it', null, { reason: 'not-allowed', reasonText: /^The account is not in the group\./ }],
  ])('[F1] where %s has failed at once, in words', async (_, id, { reason, reasonText }) => {
    const groupId = id ?? aGroup(groups, { members: [groups.ana, groups.bea] }).id
    expect(await perform(groups, 'group.update', { groupId, subject: 'x' })).toMatchObject({
      ...{ tries: 1, reason },
      reasonText: expect.stringMatching(reasonText),
    })
  })

  test('[F1] [D4] its picture is set and taken away; what is none is refused', async () => {
    const group = aGroup(groups)
    const set = (image: string | null) => perform(groups, 'group.set-picture', { groupId: group.id, image })
    const { result } = await set(Buffer.from('ffd8ffe000044a46ffc0000b080280028001011100', 'hex').toString('base64'))
    expect(result.pictureId).toMatch(/^\d+$/)
    expect(await set(null)).toMatchObject({ result: { pictureId: null } })
    expect(await updates(groups, group, 2)).toMatchObject([{ pictureId: result.pictureId }, { pictureId: '' }])
    groups.device.answerIqs({ xmlns: 'w:profile:picture', fault: { error: 406 } })
    expect(await set(null)).toMatchObject({ reason: 'refused', reasonText: /does not take this picture/ })
  })
})

test('[D4] a group that is read anew is told only where it is not as it was told', async () => {
  const group = aGroup(groups)
  const refresh = () => perform(groups, 'group.refresh', { groupId: group.id })
  expect(await refresh()).toMatchObject({ result: { groupId: group.id, subject: 'Turma', participantCount: 2 } })
  await updates(groups, group, 1)
  await refresh()
  groups.rig.simulator.group({ id: group.id, subject: 'Outra', members: [groups.owner, groups.ana] })
  await refresh()
  const [first, second, ...others] = await updates(groups, group, 2)
  expect(first).toMatchObject({ subject: 'Turma', origin: 'snapshot' })
  expect(second).toMatchObject({ subject: 'Outra', origin: 'snapshot' })
  expect(second?.participants ?? null).toBeNull()
  expect(others).toEqual([])
})
