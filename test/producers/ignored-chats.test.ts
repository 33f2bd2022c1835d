// An account that ignores groups, on the real Baileys: nothing of one enters the log, whoever says it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('ignored chats', logger)
})
afterEach(async () => {
  await rig.close()
})

test('[A5] [B1] of an ignored group neither its messages nor what Baileys says of it is in the log, from the change of the setting on', async () => {
  await rig.start()
  await rig.create('first', { ignoreGroups: true })
  const device = await rig.simulator.scanQr(await rig.qrOf('first'), { pn: ownerPn, name: 'Owner' })
  await rig.untilState('first', 'open')
  await until('the companion is online', device.isOnline)
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const rename = (id: string, subject: string) =>
    device.pushStanza({
      tag: 'notification',
      attrs: { id, type: 'w:gp2', from: group.id, participant: ana.lidJid, t: '1700000000' },
      content: [{ tag: 'subject', attrs: { subject, s_t: '1700000000', s_o: ana.lidJid } }],
    })
  const inGroup = await device.sendGroup(group, ana, text('secret'))
  rename('RENAMED', 'secret')
  for (const id of [inGroup, 'RENAMED']) await until(`${id} is settled`, () => hows(device, id).length > 0)
  // Baileys tells of the new name in its own time: what comes through the same queue and buffer later is there with it.
  await device.send(ana, text('between two'))
  await rig.untilEvents('message.received', 1)
  await rig.want('first', `settings = '{}'`)
  await until('the group is heard of', async () => {
    rename(`AGAIN-${Date.now()}`, 'heard')
    return (await rig.eventsOf('group.updated')).some(event => event.subject === 'heard')
  })
  const events = await rig.events()
  const log = JSON.stringify(events.map(event => ({ ...event, raw: event.raw?.toString('latin1') })))
  expect(log).toContain('heard')
  expect(log).not.toContain('secret')
  expect((await rig.eventsOf('message.received')).map(event => event.text)).toEqual(['between two'])
})
