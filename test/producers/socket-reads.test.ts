// What only WhatsApp knows, asked for by rows and answered by whoever holds the account, with the real Baileys at the simulator.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { node } from '../../simulator/connection/stanza.ts'
import { giveUpCommands } from '../../src/instances/commands-at-work.ts'
import type { SocketRead } from '../../src/instances/socket-answers.ts'
import { askQuestions, forgetReads, readAnswers } from '../../src/instances/socket-reads.ts'
import { failed } from '../../src/producers/commands/judge-try.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askToDo } from '../ground/producers/commands.ts'
import { openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['socket-read.not-answered'])
let rig: Rig
let device: SimDevice
beforeAll(async () => {
  rig = await openRig('socket-reads', logger)
  await rig.start()
  device = await rig.pair('first')
})
afterAll(async () => {
  await rig.close()
})

const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${20 + nth}`, name: `Person ${nth}` })

async function ask(kind: SocketRead, subjects: readonly string[], { maxAgeMs = 60_000, instanceId = 'first' } = {}) {
  const { database } = rig.database
  const enough = await askQuestions(database, { instanceId, kind, subjects, maxAgeMs, withinMs: 10_000 })
  const found = await until(`answers about ${kind}`, async () => {
    const answers = await readAnswers(database, { instanceId, kind, subjects, ...enough })
    return answers.length === subjects.length ? answers : null
  })
  return subjects.map(subject => found.find(one => one.subject === subject)?.answer)
}
const iqs = (xmlns: string) => device.iqs().filter(attrs => attrs.xmlns === xmlns).length

test('[F1] numbers are found in one question, under the number that WhatsApp has, and nobody where nobody is', async () => {
  const [ana, bia] = [person(1), person(2)]
  rig.simulator.setProfile(bia, { alsoPn: '551100000022' })
  const before = iqs('usync')
  expect(await ask('number', [ana.pn, '551100000022', '5511900000099'])).toEqual([
    { said: { onWhatsApp: true, id: ana.lidJid, pn: ana.pnJid } },
    { said: { onWhatsApp: true, id: bia.lidJid, pn: bia.pnJid } },
    { said: { onWhatsApp: false, id: null, pn: null } },
  ])
  expect(iqs('usync')).toBe(before + 1)
})

test('[F1] a picture has its address and id; without one, and where it is hidden, WhatsApp’s code is the answer', async () => {
  const [ana, bia, carl] = [person(3), person(4), person(5)]
  rig.simulator.setPicture(ana, Buffer.from('jpeg'))
  rig.simulator.setProfile(carl, { isHidden: true })
  const said = { said: { pictureId: expect.stringMatching(/^\d+$/), url: expect.stringMatching(/^https:/) } }
  expect(await ask('picture', [ana.lidJid, bia.lidJid, carl.lidJid])).toEqual([said, { code: '404' }, { code: '401' }])
  expect(await ask('picture-preview', [ana.pnJid])).toEqual([said])
  const own = rig.simulator.contact({ pn: ownerPn })
  rig.simulator.setPicture(own, Buffer.from('own'))
  expect(await ask('picture', [own.pnJid])).toEqual([said])
})

test('[F1] what people and businesses say of themselves is read, and nothing where nothing is said', async () => {
  const [ana, bia] = [person(6), person(7)]
  const business = {
    description: 'Flowers',
    category: 'Shop',
    address: 'Here',
    email: 'a@example.com',
    website: 'https://example.com',
  }
  rig.simulator.setProfile(ana, { about: 'at work', aboutAt: '1700000000', business })
  expect(await ask('about', [ana.lidJid, bia.lidJid])).toEqual([
    { said: { about: 'at work', setAt: '2023-11-14T22:13:20.000Z' } },
    { said: { about: null, setAt: null } },
  ])
  const { website, ...texts } = business
  const nobody = { isBusiness: false, description: null, category: null, address: null, email: null, websites: [] }
  expect(await ask('business', [ana.lidJid, bia.lidJid])).toEqual([
    { said: { isBusiness: true, ...texts, websites: [website] } },
    { said: nobody },
  ])
})

test('[F1] who sees what of the account, and the timer of its new chats, is read as WhatsApp has it, silence is no answer', async () => {
  const own = rig.simulator.contact({ pn: ownerPn })
  rig.simulator.setProfile(own, { privacy: { last: 'none', profile: 'contacts' }, timer: '604800' })
  const seen = { lastSeen: 'none', online: 'all', picture: 'contacts', about: 'all' }
  const said = { ...seen, readReceipts: 'all', groupsAdd: 'all', callsAdd: 'all', defaultExpiresInSeconds: 604_800 }
  expect(await ask('privacy', ['the account'])).toEqual([{ said }])
})

test('[F1] whom the account has blocked is read with the numbers that it knows, and an answer without a list is none', async () => {
  const [ana, bia] = [person(14), person(15)]
  expect(await ask('blocklist', ['the account'])).toEqual([{ said: { contacts: [] } }])
  await device.send(ana, { conversation: 'hi' })
  await rig.untilEvents('message.received', 1)
  device.setBlocked([ana.lidJid, bia.lidJid])
  const contacts = [
    { id: ana.lidJid, pn: ana.pnJid },
    { id: bia.lidJid, pn: null },
  ]
  device.answerIqs({ xmlns: 'blocklist', type: 'get', fault: { error: 500 } })
  expect(await ask('blocklist', ['the account'], { maxAgeMs: 0 })).toEqual([{ code: '500' }])
  await rig.database.database.query(`update socket_reads set expires_at = now() where answer ->> 'code' = '500'`)
  expect(await ask('blocklist', ['the account'], { maxAgeMs: 0 })).toEqual([{ said: { contacts } }])
})

test('[F1] a group is read as it is now, and refused where WhatsApp knows none', async () => {
  const [ana, own] = [person(8), rig.simulator.contact({ pn: ownerPn })]
  const group = rig.simulator.group({ subject: 'Family', members: [own, ana] })
  const [answer] = await ask('group', [group.id])
  expect(answer).toMatchObject({
    said: {
      subject: 'Family',
      description: '',
      announce: false,
      participants: expect.arrayContaining([{ id: ana.lidJid, pn: ana.pnJid, role: null }]),
    },
  })
  expect(await ask('group', ['120363000000099999@g.us'])).toEqual([{ code: '404' }])
})

test('[F1] what was answered a moment ago is not asked again, and however many ask at once WhatsApp is asked once', async () => {
  const ana = person(9)
  const before = iqs('w:profile:picture')
  await Promise.all([1, 2, 3].map(() => ask('picture', [ana.lidJid])))
  await ask('picture', [ana.lidJid])
  expect(iqs('w:profile:picture')).toBe(before + 1)
  await ask('picture', [ana.lidJid], { maxAgeMs: 0 })
  expect(iqs('w:profile:picture')).toBe(before + 2)
})

test('[F1] what WhatsApp refuses for now is an answer for a short time alone', async () => {
  const ana = person(10)
  device.answerIqs({ xmlns: 'w:profile:picture', type: 'get', fault: { error: 500 } })
  expect(await ask('picture', [ana.lidJid])).toEqual([{ code: '500' }])
  await rig.database.database.query(`update socket_reads set expires_at = now() where answer ->> 'code' = '500'`)
  expect(await ask('picture', [ana.lidJid])).toEqual([{ code: '404' }])
})

test('[F1] what a lost connection leaves unanswered is asked by the next one', async () => {
  const ana = person(11)
  device.answerIqs({ xmlns: 'w:profile:picture', type: 'get', fault: 'swallow' })
  const before = iqs('w:profile:picture')
  const asking = ask('picture', [ana.lidJid])
  await until('WhatsApp to be asked', async () => iqs('w:profile:picture') > before || null)
  device.drop()
  expect(await asking).toEqual([{ code: '404' }])
})

test('[F1] what nobody wants any more is forgotten, other answers are kept', async () => {
  const { database } = rig.database
  const [ana, bia] = [person(12), person(13)]
  await ask('about', [ana.lidJid, bia.lidJid])
  await database.query(`update socket_reads set expires_at = now() - interval '1 s' where kind = 'about' and subject = $1`, [
    ana.lidJid,
  ])
  expect(await forgetReads(database, { maxRows: 10 })).toBe(1)
  const rows = await database.query<{ subject: string }>(`select subject from socket_reads where kind = 'about'`)
  expect(rows.map(({ subject }) => subject)).toContain(bia.lidJid)
})

const jpeg = Buffer.from('ffd8ffe000044a46ffc0000b080280028001011100', 'hex').toString('base64')
const account = () => rig.simulator.contact({ pn: ownerPn })
function aGroup() {
  const own = account()
  return rig.simulator.group({ subject: 'Turma', members: [own, person(21)], admins: [own.lidJid] })
}
type Change = { operation: string; body: object; kind: SocketRead; subject: string; said: unknown }
const pictured = { said: { pictureId: expect.stringMatching(/^\d+$/), url: expect.any(String) } }

/** Every operation that changes what is read, and how it is read then. */
const changes: Readonly<Record<string, () => Change>> = {
  privacy: () => ({
    ...{ operation: 'privacy.change', body: { lastSeen: 'contacts' }, kind: 'privacy', subject: 'the account' },
    said: { said: expect.objectContaining({ lastSeen: 'contacts' }) },
  }),
  blocklist: () => ({
    ...{ operation: 'contact.block', body: { personId: person(22).pnJid, on: true }, kind: 'blocklist', subject: 'the account' },
    said: { said: { contacts: expect.arrayContaining([expect.objectContaining({ id: person(22).lidJid })]) } },
  }),
  'its words, by number': () => ({
    ...{ operation: 'profile.change', body: { about: 'closed' }, kind: 'about', subject: account().pnJid },
    said: { said: expect.objectContaining({ about: 'closed' }) },
  }),
  'its words, by LID': () => ({
    ...{ operation: 'profile.change', body: { about: 'open' }, kind: 'about', subject: account().lidJid },
    said: { said: expect.objectContaining({ about: 'open' }) },
  }),
  'its picture, gone': () => ({
    ...{ operation: 'profile.picture', body: { picture: null }, kind: 'picture', subject: account().pnJid },
    said: { code: '404' },
  }),
  'its picture, small, by LID': () => ({
    ...{ operation: 'profile.picture', body: { picture: jpeg }, kind: 'picture-preview', subject: account().lidJid },
    said: pictured,
  }),
  'a group': () => {
    const { id: groupId } = aGroup()
    const said = { said: expect.objectContaining({ subject: 'Equipe' }) }
    return { operation: 'group.update', body: { groupId, subject: 'Equipe' }, kind: 'group', subject: groupId, said }
  },
  'who is in a group': () => {
    const { id: groupId } = aGroup()
    const body = { groupId, action: 'remove', participants: [person(21).lidJid] }
    const said = { said: expect.objectContaining({ participants: [expect.objectContaining({ id: account().lidJid })] }) }
    return { operation: 'group.change-participants', body, kind: 'group', subject: groupId, said }
  },
  'a group that was left': () => {
    const { id: groupId } = aGroup()
    const said = { code: expect.stringMatching(/^40[34]$/) }
    return { operation: 'group.leave', body: { groupId }, kind: 'group', subject: groupId, said }
  },
  'a group’s picture': () => {
    const { id: groupId } = aGroup()
    return { operation: 'group.set-picture', body: { groupId, image: jpeg }, kind: 'picture', subject: groupId, said: pictured }
  },
}

test.each(Object.entries(changes))('[F1] %s: once its change is told, what was read before is no answer', async (_what, make) => {
  const { operation, body, kind, subject, said } = make()
  const [before] = await ask(kind, [subject])
  expect(before).not.toEqual(said)
  const { commandId } = await askToDo(rig, operation, body, 'groupId' in body ? String(body.groupId) : '')
  await until('it is told', async () => (await rig.eventsOf('command.completed')).some(one => one.commandId === commandId))
  expect(await ask(kind, [subject])).toEqual([said])
})

test('[F1] however an action ends that was given to WhatsApp, what was read before it is no answer', async () => {
  const { database } = rig.database
  const hasPrivacy = (last: string) => rig.simulator.setProfile(account(), { privacy: { last } })
  hasPrivacy('all')
  const saidOf = (lastSeen: string) => [{ said: expect.objectContaining({ lastSeen }) }]
  expect(await ask('privacy', ['the account'], { maxAgeMs: 0 })).toEqual(saidOf('all'))
  device.answerIqs({ xmlns: 'privacy', type: 'set', fault: 'swallow' })
  const { commandId } = await askToDo(rig, 'privacy.change', { lastSeen: 'none' })
  const tried = 'select epoch from commands where command_id = $1 and tries = 1'
  const { epoch } = await until('it is given', async () => (await database.query<{ epoch: number }>(tried, [commandId]))[0])
  hasPrivacy('none')
  const outcome = failed('outcome-unknown', 1)
  const [ended] = await giveUpCommands(database, { instanceId: 'first', epoch, untried: outcome, tried: outcome }, 1)
  expect(ended).toMatchObject({ command_id: commandId, tries: 1 })
  expect(await ask('privacy', ['the account'])).toEqual(saidOf('none'))
  device.drop()
  await until('it is told', async () => (await rig.eventsOf('command.failed')).some(one => one.commandId === commandId))
})

test('[F1] what is heard from the phone, and of others, makes what was read before no answer', async () => {
  const [ana, bia] = [person(23), person(24)]
  const group = aGroup()
  const own = account()
  const heard: readonly [kind: SocketRead, subject: string, change: () => void, said: unknown][] = [
    [
      'blocklist',
      'the account',
      () => {
        device.setBlocked([bia.lidJid])
        device.block(bia, true)
      },
      { said: { contacts: [expect.objectContaining({ id: bia.lidJid })] } },
    ],
    [
      'privacy',
      'the account',
      () => {
        rig.simulator.setProfile(own, { privacy: { online: 'match_last_seen' } })
        const attrs = { id: 'privacy-1', type: 'account_sync', from: own.pnJid, t: '1700000000' }
        device.pushStanza(node('notification', attrs, [node('privacy')]))
      },
      { said: expect.objectContaining({ online: 'match_last_seen' }) },
    ],
    ['picture', ana.pnJid, () => rig.simulator.setPicture(ana, Buffer.from('jpeg')), pictured],
    [
      'group',
      group.id,
      () => device.changeGroup(group, ana, { kind: 'subject', subject: 'Novo' }),
      { said: expect.objectContaining({ subject: 'Novo' }) },
    ],
  ]
  await device.send(ana, { conversation: 'hi' })
  for (const [kind, subject, change, said] of heard) {
    const [before] = await ask(kind, [subject])
    expect(before).not.toEqual(said)
    change()
    const isOld = `select stale_at from socket_reads where kind = $1 and subject = $2 and stale_at > answered_at`
    await until(`${kind} to be old`, async () => (await rig.database.database.query(isOld, [kind, subject])).length > 0)
    expect(await ask(kind, [subject])).toEqual([said])
  }
})
