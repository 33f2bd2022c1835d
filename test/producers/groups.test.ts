// What WhatsApp tells of groups, calls, channels and people, on the real Baileys: an event each, once, and lists only where they differ.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import type { GroupChange } from '../../simulator/accounts/change-group.ts'
import { text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import type { EventOf } from '../../src/events/event.ts'
import { digestOf } from '../../src/producers/told/differing.ts'
import { wait } from '../../src/runtime/wait.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askToDo } from '../ground/producers/commands.ts'
import { cutTheLock } from '../ground/producers/die-over-contacts.ts'
import { hows, never, openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('groups', logger)
})
afterEach(async () => {
  await rig.close()
})
const contact = (digit: number) => rig.simulator.contact({ pn: `551190000001${digit}`, name: `Contact ${digit}` })
const owner = () => rig.simulator.contact({ pn: ownerPn, name: 'Owner' })
const settled = (device: SimDevice, ...ids: readonly string[]) =>
  until(`${ids} are settled`, () => ids.every(id => hows(device, id).length > 0))
const snapshots = async () => (await rig.eventsOf('group.updated')).filter(({ origin }) => origin === 'snapshot')
const linking = "select 1 from told_states where entity = 'linking' and digests->>'areListed' = $1"
const areListed = async () => (await rig.database.database.query(linking, [digestOf(true)])).length > 0
const shown = ({ lidJid, pnJid }: Contact, role: string | null = null) => ({ id: lidJid, pn: pnJid, role })

async function presence(): Promise<readonly EventOf<'presence.updated'>[]> {
  const found: EventOf<'presence.updated'>[] = []
  const { log, topic, codec } = rig.testLog
  for await (const { value } of log.read(topic('presence'), { from: 'first', until: 'end' }, never)) {
    const event = await codec.decode(value, never)
    if (event?.type === 'presence.updated') found.push(event)
  }
  return found
}

test('[B1] [D4] every change of a group is an event, acknowledged once it is durable, and the same again where it is delivered again', async () => {
  await rig.start()
  const [ana, bea] = [contact(1), contact(2)]
  const group = rig.simulator.group({ subject: 'Team', members: [owner(), ana] })
  const groupId = group.id
  const device = await rig.pair('first')
  const [listed, ...none] = await rig.untilEvents('group.updated', 1)
  expect(listed).toMatchObject({ subject: 'Team', origin: 'snapshot' })
  expect(none).toEqual([])
  const changes: GroupChange[] = [
    { kind: 'create' },
    { kind: 'subject', subject: 'Turma' },
    { kind: 'description', description: 'Pão às seis' },
    { kind: 'description', description: null },
    ...(['announce', 'restrict', 'joinApproval', 'growthLocked'] as const).map(kind => ({ kind, on: true })),
    { kind: 'memberAdd', everybody: true },
    { kind: 'ephemeral', seconds: 86_400 },
    { kind: 'ephemeral', seconds: 0 },
    { kind: 'invite', code: 'AbC' },
    { kind: 'community', parentId: '120363000000000008@g.us' },
    { kind: 'community', parentId: null },
    { kind: 'picture', pictureId: '17' },
    { kind: 'picture', pictureId: null },
    { kind: 'delete' },
  ]
  const ids = changes.map(change => device.changeGroup(group, ana, change))
  await settled(device, ...ids)
  const events = (await rig.eventsOf('group.updated')).slice(1)
  const by = { chatId: groupId, groupId, authorId: ana.lidJid, authorPn: ana.pnJid, origin: 'change' }
  const said = [
    { subject: 'Team', participants: [shown(device.owner), shown(ana)].toSorted((one, two) => (one.id < two.id ? -1 : 1)) },
    ...[{ subject: 'Turma' }, { description: 'Pão às seis' }, { description: '' }],
    ...[{ announce: true }, { restrict: true }, { joinApproval: true }, { growthLocked: true }, { memberAdd: true }],
    ...[{ expiresInSeconds: 86_400 }, { expiresInSeconds: 0 }, { inviteCode: 'AbC' }],
    ...[{ parentGroupId: '120363000000000008@g.us' }, { parentGroupId: '' }, { pictureId: '17' }, { pictureId: '' }],
    { deleted: true },
  ]
  expect(events).toMatchObject(said.map((fields, at) => ({ ...by, messageId: ids[at], ...fields })))

  const people: GroupChange[] = [
    ...(['add', 'promote', 'demote', 'remove', 'modify'] as const).map(kind => ({ kind, people: [bea] })),
    { kind: 'leave', people: [ana] },
    { kind: 'joinRequested', people: [bea], method: 'invite_link' },
    { kind: 'joinRevoked', people: [bea] },
  ]
  const more = people.map(change => device.changeGroup(group, ana, change))
  await settled(device, ...more)
  expect(await rig.eventsOf('group.participants-changed')).toMatchObject(
    people.slice(0, 6).map(({ kind }) => ({ groupId, action: kind, participants: [shown(kind === 'leave' ? ana : bea)] })),
  )
  expect(await rig.eventsOf('group.join-requested')).toMatchObject([
    { groupId, action: 'created', participants: [shown(bea)], method: 'invite_link' },
    { groupId, action: 'rejected', participants: [shown(bea)] },
  ])
  device.redeliver(ids)
  await until('they came again', async () => (await rig.eventsOf('group.updated')).length === 1 + 2 * events.length)
  const again = (await rig.eventsOf('group.updated')).slice(1 + events.length)
  expect(again.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId))
  expect(await snapshots()).toHaveLength(1)
  expect((await rig.eventsOf('unknown')).filter(({ source }) => source === 'stanza')).toEqual([])
})

test('[H9] an account that nothing happens to looks up nothing of what was told, however often its settings are looked at', async () => {
  rig.simulator.group({ subject: 'Team', members: [owner(), contact(1)] })
  await rig.start()
  await rig.pair('first')
  await until('the groups are listed', areListed)
  const looks =
    "select coalesce(idx_scan, 0) + coalesce(seq_scan, 0) as looks from pg_stat_user_tables where relname = 'told_states'"
  const looked = async () => (await rig.database.database.query<{ looks: string }>(looks))[0]?.looks
  await until('nothing is looked up for three seconds', async () => {
    const before = await looked()
    await wait(3_000, never)
    return (await looked()) === before
  })
})

test('[B1] [D4] the groups of an account are asked for once, in one query; ten starts and three more lists add nothing, a difference one event', async () => {
  const [ana, bea] = [contact(1), contact(2)]
  const groups = Array.from({ length: 300 }, (_, at) =>
    rig.simulator.group({ subject: `Team ${at}`, members: [owner(), ana, ...(at % 2 === 0 ? [bea] : [])] }),
  )
  rig.simulator.group({ subject: 'Without the account', members: [ana, bea] })
  let role = await rig.start()
  const device = await rig.pair('first')
  await until('all groups are told', async () => (await snapshots()).length === 300)
  const [first] = (await snapshots()).filter(({ groupId }) => groupId === groups[1]?.id)
  expect(first).toMatchObject({ subject: 'Team 1', announce: false, expiresInSeconds: 0, isCommunity: false, parentGroupId: '' })
  expect(first?.participants).toEqual([shown(owner()), shown(ana)].toSorted((one, two) => (one.id < two.id ? -1 : 1)))
  for (let start = 0; start < 10; start++) {
    await role.close()
    role = await rig.start()
    await until('the companion is online', device.isOnline)
    if (start % 4 !== 0) continue
    device.dirtyGroups()
    await settled(device, device.changeGroup(groups[0] as never, ana, { kind: 'invite', code: `after ${start}` }))
  }
  const [changed] = groups
  await settled(device, device.changeGroup(changed as never, ana, { kind: 'subject', subject: 'Turma' }))
  device.dirtyGroups()
  rig.simulator.group({ id: groups[2]?.id ?? '', subject: 'Elsewhere', members: [owner(), ana, bea] })
  device.dirtyGroups()
  await until('the difference is told', async () => (await snapshots()).length > 300)
  const [difference, ...others] = (await snapshots()).slice(300)
  expect(difference).toMatchObject({ groupId: groups[2]?.id, subject: 'Elsewhere', origin: 'snapshot' })
  expect(difference?.participants ?? null).toBeNull()
  expect(others).toEqual([])
  const rows = await rig.database.database.query("select 1 from told_states where instance_id = 'first' and entity = 'group'")
  expect(rows).toHaveLength(300)
}, 120_000)

test('[B1] [B2] after an unclean end the groups are asked for again, and what differs is told', async () => {
  const ana = contact(1)
  const group = rig.simulator.group({ subject: 'Team', members: [owner(), ana] })
  await rig.start()
  await rig.pair('first')
  await until('the list is remembered', areListed)
  // As if the process had died over a list that WhatsApp takes for heard.
  rig.simulator.group({ id: group.id, subject: 'Elsewhere', members: [owner(), ana] })
  await cutTheLock(rig)
  await until('the difference is told', async () => (await snapshots()).length > 1)
  expect((await snapshots()).slice(1)).toMatchObject([{ groupId: group.id, subject: 'Elsewhere' }])
})

test('[A7] [B1] linked anew, the account’s groups are asked for again, and only what differs is told; deleted, nothing of it is remembered', async () => {
  const ana = contact(1)
  const group = rig.simulator.group({ subject: 'Team', members: [owner(), ana] })
  rig.simulator.group({ subject: 'Other', members: [owner(), ana] })
  await rig.start()
  await rig.pair('first')
  await until('both groups are told', async () => (await snapshots()).length === 2)
  await rig.want('first', `wanted = 'logged-out'`)
  await rig.untilState('first', 'logged-out')
  rig.simulator.group({ id: group.id, subject: 'Renamed', members: [owner(), ana] })
  await rig.want('first', `wanted = 'running', restart_count = restart_count + 1`)
  await rig.simulator.scanQr(await rig.qrOf('first'), { pn: ownerPn, name: 'Owner' })
  await until('the difference is told', async () => (await snapshots()).length > 2)
  expect((await snapshots()).slice(2)).toMatchObject([{ groupId: group.id, subject: 'Renamed' }])
  await rig.want('first', `wanted = 'deleted'`)
  await rig.untilEvents('instance.deleted', 1)
  const told = () => rig.database.database.query('select 1 from told_states')
  await until('nothing is remembered', async () => (await told()).length === 0)
})

test('[A5] an account that ignores groups asks for none, and for all once it does not', async () => {
  rig.simulator.group({ subject: 'Team', members: [owner(), contact(1)] })
  await rig.start()
  await rig.create('first', { ignoreGroups: true })
  const device = await rig.simulator.scanQr(await rig.qrOf('first'), { pn: ownerPn, name: 'Owner' })
  await rig.untilState('first', 'open')
  await until('the companion is online', device.isOnline)
  device.dirtyGroups()
  await until('the list was left out', async () =>
    (await rig.metrics.render()).includes('{name="settings ignoreGroups, in a list"} 1'),
  )
  expect(await rig.eventsOf('group.updated')).toEqual([])
  await rig.want('first', `settings = '{}'`)
  expect(await rig.untilEvents('group.updated', 1)).toMatchObject([{ subject: 'Team', origin: 'snapshot' }])
})

test('[A5] [B1] what changed while groups were ignored is told once they are not; an account without groups is asked once', async () => {
  await rig.start()
  await rig.pair('first')
  await until('the empty list is remembered', areListed)
  const ana = contact(1)
  rig.simulator.group({ subject: 'Team', members: [owner(), ana] })
  await rig.want('first', `settings = '{"ignoreGroups": true}'`)
  await until('the list is forgotten', async () => !(await areListed()))
  await rig.want('first', `settings = '{}'`)
  expect(await rig.untilEvents('group.updated', 1)).toMatchObject([{ subject: 'Team', origin: 'snapshot' }])
})

test('[B1] 1,024 people who are added at once, most of them unknown, are one event, with the addresses that the account knows', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact(1)
  await device.send(ana, text('hello'))
  await rig.untilEvents('message.received', 1)
  const { id: from } = rig.simulator.group({ subject: 'Team', members: [device.owner] })
  const people = Array.from({ length: 1_023 }, (_, at) => `55119${String(at).padStart(8, '0')}@s.whatsapp.net`)
  const content = [ana.pnJid, ...people].map(jid => ({ tag: 'participant', attrs: { jid } }))
  const attrs = { id: 'MANY', type: 'w:gp2', from, participant: ana.lidJid, t: '1700000000' }
  device.pushStanza({ tag: 'notification', attrs, content: [{ tag: 'add', attrs: {}, content }] })
  await settled(device, 'MANY')
  const [event] = await rig.eventsOf('group.participants-changed')
  expect(event?.participants).toHaveLength(1_024)
  expect(event?.participants.slice(0, 2)).toEqual([shown(ana), { id: people[0], pn: people[0], role: null }])
  await device.send(ana, text('the account goes on'))
  await rig.untilEvents('message.received', 2)
})

test('[B1] a call, a channel and a block that the phone did are events, and what a call’s media need is counted', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact(1)
  const channelId = '120363000000000009@newsletter'
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const ids = [
    device.call({ from: ana, callId: 'C1', step: 'offer', video: true }),
    device.call({ from: ana, callId: 'C1', step: 'relaylatency' }),
    device.call({ from: ana, callId: 'C1', step: 'terminate', reason: 'timeout' }),
    device.call({ from: ana, callId: 'C2', step: 'offer', group }),
    device.changeChannel({ channelId, name: 'Notícias', muted: true, state: 'active', role: 'subscriber' }),
    device.block(ana, true),
    device.block(ana, false),
  ]
  await settled(device, ...ids)
  expect(await rig.eventsOf('call.updated')).toMatchObject([
    { callId: 'C1', status: 'offer', video: true, chatId: ana.lidJid, senderPn: ana.pnJid, isGroup: false, messageId: ids[0] },
    { callId: 'C1', status: 'missed', video: null },
    { callId: 'C2', status: 'offer', video: false, chatId: group.id, groupId: group.id, isGroup: true },
  ])
  expect(await rig.metrics.render()).toContain('zaplog_events_ignored_total{name="call relaylatency"} 1')
  expect(await rig.eventsOf('newsletter.updated')).toMatchObject([
    { newsletterId: channelId, chatId: channelId, name: 'Notícias', muted: true, state: 'active', role: 'subscriber' },
  ])
  const about = { contactId: ana.lidJid, contactPn: ana.pnJid, chatId: ana.lidJid, origin: 'change' }
  expect(await rig.eventsOf('blocklist.updated')).toMatchObject([
    { ...about, on: true },
    { ...about, on: false },
  ])
})

test('[B1] who writes is told of in a topic of its own, with its own sequence, and the sequence of all else has no gap', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = contact(1)
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  await askToDo(rig, 'presence.subscribe', { chatId: ana.lidJid, on: true }, ana.lidJid)
  await until('it is asked for', () => device.marks().subscriptions.has(ana.lidJid))
  device.presence({ from: ana, state: 'composing' })
  await device.send(ana, text('one'))
  device.presence({ from: ana, state: 'recording', group })
  device.presence({ from: ana, state: 'paused' })
  device.presence({ from: ana, state: 'unavailable', lastSeenAt: 1_700_000_000_000 })
  await device.send(ana, text('two'))
  await rig.untilEvents('message.received', 2)
  await until('all of it is told', async () => (await presence()).length === 4)
  const told = await presence()
  expect(told).toMatchObject([
    { state: 'composing', chatId: ana.lidJid, isGroup: false },
    { state: 'recording', chatId: group.id, senderId: ana.lidJid, isGroup: true },
    { state: 'paused' },
    { state: 'unavailable', lastSeenAt: 1_700_000_000_000 },
  ])
  expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(4)
  const byEpoch = Map.groupBy(await rig.events(), ({ epoch }) => epoch)
  for (const events of byEpoch.values()) expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1))
  expect((await rig.events()).filter(({ type }) => type === 'presence.updated')).toEqual([])
})
