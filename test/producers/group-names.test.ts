// What a group is called becomes an event when it is made or renamed, and when Baileys lists all groups; each time once.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createGroupNames, groupNameIn, groupsListed } from '../../src/producers/convert/group-names.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('group names', logger)
})
afterEach(async () => {
  await rig.close()
})

test('[B1] a group that is made or renamed is told of by its name and by who did it', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const { id: from } = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const notify = async (id: string, content: BinaryNode[]) => {
    const by = { participant: ana.lidJid, participant_pn: ana.pnJid }
    device.pushStanza({ tag: 'notification', attrs: { id, type: 'w:gp2', from, t: '1700000000', ...by }, content })
    await until(`${id} is settled`, () => hows(device, id).length > 0)
  }
  const [user = ''] = from.split('@')
  const group = { id: user, creation: '1700000000', creator: ana.lidJid, subject: 'Turma', s_t: '1700000000' }
  await notify('MADE', [{ tag: 'create', attrs: {}, content: [{ tag: 'group', attrs: group, content: [] }] }])
  await notify('RENAMED', [{ tag: 'subject', attrs: { subject: 'Turma de 2026', s_t: '1700000000', s_o: ana.lidJid } }])
  await notify('OTHER', [{ tag: 'announcement', attrs: {} }])

  const about = { chatId: from, groupId: from, senderId: ana.lidJid, senderPn: ana.pnJid, fromMe: false }
  expect(await rig.eventsOf('group.updated')).toMatchObject([
    { ...about, messageId: 'MADE', subject: 'Turma', occurredAt: 1_700_000_000_000 },
    { ...about, messageId: 'RENAMED', subject: 'Turma de 2026', occurredAt: 1_700_000_000_000 },
  ])
  // What a notification says beside the name stays whole.
  const whole = (await rig.eventsOf('unknown')).filter(event => event.name === 'notification w:gp2')
  expect(whole.map(event => event.messageId)).toEqual(['MADE', 'OTHER'])
})

test('[B1] of Baileys’ events only its list of all groups tells names, and a name that was told is not new', () => {
  const listed = { id: '120363000000000001@g.us', subject: 'Team', participants: [], size: 0 }
  expect(
    groupsListed('groups.update', [listed, { ...listed, subject: '' }, { ...listed, id: '5511900000011@s.whatsapp.net' }]),
  ).toEqual([{ groupId: listed.id, subject: 'Team' }])
  expect(groupsListed('groups.update', [{ id: listed.id, subject: 'Renamed', author: '100@lid' }])).toEqual([])
  expect(groupsListed('groups.upsert', [listed])).toEqual([])
  for (const odd of [null, undefined, 'x', {}, [null, 1, 'x', { id: 1 }]]) expect(groupsListed('groups.update', odd)).toEqual([])

  const names = createGroupNames({ maxGroups: 1 })
  const [team = { groupId: '', subject: '' }] = groupsListed('groups.update', [listed])
  expect(names.isNew(team)).toBe(true)
  names.remember(team)
  expect(names.isNew(team)).toBe(false)
  expect(names.isNew({ ...team, subject: 'Other' })).toBe(true)
  names.remember({ groupId: 'another@g.us', subject: 'x' })
  expect(names.isNew(team)).toBe(true)
})

test('[B1] a notification without a name, or of something else, says none', () => {
  const node = (attrs: Record<string, string>, content?: BinaryNode['content']): BinaryNode =>
    content === undefined ? { tag: 'notification', attrs } : { tag: 'notification', attrs, content }
  const subject = (attrs: Record<string, string>) => [{ tag: 'subject', attrs }]
  const inGroup = { from: '120363000000000001@g.us', type: 'w:gp2' }
  const named = subject({ subject: 'Team' })
  expect(groupNameIn(node(inGroup, named))).toEqual({ groupId: inGroup.from, subject: 'Team', isAll: true })
  expect(groupNameIn(node(inGroup, [...named, { tag: 'ephemeral', attrs: {} }]))).toMatchObject({ isAll: false })
  expect(groupNameIn(node({ ...inGroup, type: 'picture' }, named))).toBeNull()
  expect(groupNameIn(node({ ...inGroup, from: '100@lid' }, named))).toBeNull()
  for (const content of [undefined, [], Buffer.from('x'), subject({}), subject({ subject: '' }), [{ tag: 'create', attrs: {} }]])
    expect(groupNameIn(node(inGroup, content))).toBeNull()
})
