// What was asked of an account about people and about itself, done by the real Baileys at the simulator, which has then what was asked for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askToDo, over, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let device: SimDevice
beforeAll(async () => {
  rig = await openRig('actions-contacts', logger)
  await rig.start()
  device = await rig.pair('first')
})
afterAll(() => rig.close())

const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })
const profile = () => rig.simulator.profileOf(device.owner)
const jpeg = Buffer.from('ffd8ffe000044a46ffc0000b080280028001011100', 'hex')
const outcomeOf = async (operation: string, body: object, chatId = '') => over(rig, await askToDo(rig, operation, body, chatId))
const completed = { type: 'command.completed', tries: 1, messageId: null }

test('[F1] somebody whom the account knows nothing of is blocked by number, under the one that WhatsApp has', async () => {
  const [ana, bia] = [person(1), person(2)]
  rig.simulator.setProfile(bia, { alsoPn: '551100000012' })
  for (const personId of [ana.pnJid, '551100000012@s.whatsapp.net'])
    expect(await outcomeOf('contact.block', { personId, on: true }, personId)).toMatchObject(completed)
  expect(device.blocked()).toEqual([ana.lidJid, bia.lidJid])
})

test.each([
  ['a number that nobody has', '5511900000099@s.whatsapp.net', 'not-on-whatsapp'],
  ['a LID whose number is not known', '299999999999999@lid', 'refused'],
])('[F1] %s is not blocked, and the command has failed in words', async (_, personId, reason) => {
  const failed = { type: 'command.failed', reason, reasonText: expect.stringMatching(/number/), tries: 1 }
  expect(await outcomeOf('contact.block', { personId, on: true }, personId)).toMatchObject(failed)
})

test('[F1] what the account says of itself, its picture and who sees what are changed', async () => {
  expect(await outcomeOf('profile.change', { about: 'at work' })).toMatchObject(completed)
  expect(profile().about).toBe('at work')
  const set = await outcomeOf('profile.picture', { picture: jpeg.toString('base64') })
  expect(set).toMatchObject({ ...completed, result: expect.stringMatching(/^\{"pictureId":"\d+"\}$/) })
  expect(rig.simulator.pictureOf(device.owner)).toEqual(jpeg)
  expect(await outcomeOf('profile.picture', { picture: null })).toMatchObject(completed)
  expect(rig.simulator.pictureOf(device.owner)).toBeNull()
  const changed = await outcomeOf('privacy.change', { lastSeen: 'none', groupsAdd: 'contacts' })
  expect(changed).toMatchObject(completed)
  expect(JSON.parse(String(changed.type === 'command.completed' && changed.result))).toEqual({
    ...{
      lastSeen: 'none',
      online: 'all',
      picture: 'all',
      about: 'all',
      readReceipts: 'all',
      groupsAdd: 'contacts',
      callsAdd: 'all',
    },
  })
  expect(profile().privacy).toEqual({ last: 'none', groupadd: 'contacts' })
})

test('[F1] the timer that new chats begin with is set, again where it was given to WhatsApp without an answer', async () => {
  const done = await outcomeOf('privacy.change', { defaultExpiresInSeconds: 86_400 })
  expect(done).toMatchObject({ ...completed, result: expect.stringContaining('"defaultExpiresInSeconds":86400') })
  expect(profile().timer).toBe('86400')
  device.answerIqs({ xmlns: 'disappearing_mode', fault: 'swallow' })
  const asked = await askToDo(rig, 'privacy.change', { defaultExpiresInSeconds: 0 })
  await until('WhatsApp to be asked', () => device.iqFaultsLeft() === 0)
  device.drop()
  expect(await over(rig, asked)).toMatchObject({ type: 'command.completed', tries: 2 })
  expect(profile().timer).toBe('0')
})

test('[F1] of several settings of which WhatsApp refuses one it is said which, and what was changed before', async () => {
  device.answerIqs({ xmlns: 'privacy', after: 1, fault: { error: 406 } })
  expect(await outcomeOf('privacy.change', { picture: 'none', callsAdd: 'known' })).toMatchObject({
    ...{ type: 'command.failed', reason: 'refused', code: '406' },
    reasonText: 'Changing callsAdd: WhatsApp takes no such thing. Changed before that: picture. WhatsApp said 406.',
  })
  expect(profile().privacy).toMatchObject({ profile: 'none' })
  expect(profile().privacy).not.toHaveProperty('calladd')
})

test.each([
  ['was done', 'unsaid', 'online', 1],
  ['was not done', 'swallow', 'about', 2],
] as const)(
  '[F1] a change of privacy that %s without an answer is read back after a lost connection',
  async (_, fault, setting, tries) => {
    device.answerIqs({ xmlns: 'privacy', fault })
    const asked = await askToDo(rig, 'privacy.change', { [setting]: setting === 'online' ? 'match_last_seen' : 'none' })
    await untilRow(rig, asked, 'given', row => row.tries === 1)
    await until('WhatsApp to be asked', async () => device.iqFaultsLeft() === 0)
    device.drop()
    expect(await over(rig, asked)).toMatchObject({ type: 'command.completed', tries })
  },
)

test('[F1] names wait for no key: until the phone has shared it they fail in words, and then every device of the account has them', async () => {
  const ana = person(3)
  const save = { personId: ana.pnJid, name: 'Ana Souza', onPhone: true }
  const missing = { type: 'command.failed', reason: 'app-state-key-missing' }
  expect(await outcomeOf('contact.save', save, ana.pnJid)).toMatchObject(missing)
  const { about } = profile()
  expect(await outcomeOf('profile.change', { name: 'Shop', about: 'nothing of it is done' })).toMatchObject(missing)
  expect(profile().about).toBe(about)
  device.act({ kind: 'contact', jid: person(4).pnJid, name: 'Somebody' })
  await device.shareAppState()
  await until('it has what the phone has', async () =>
    (await rig.eventsOf('contact.updated')).some(({ name }) => name === 'Somebody'),
  )
  expect(await outcomeOf('contact.save', save, ana.pnJid)).toMatchObject(completed)
  const entry = () => device.appState().find(({ index }) => index[0] === 'contact' && index[1] === ana.pnJid)?.value
  const contactAction = { fullName: 'Ana Souza', firstName: 'Ana', saveOnPrimaryAddressbook: true }
  expect(entry()).toMatchObject({ contactAction })
  await until('it is told', async () => (await rig.eventsOf('contact.updated')).some(({ name }) => name === 'Ana Souza'))
  expect(await outcomeOf('contact.remove', { personId: ana.pnJid }, ana.pnJid)).toMatchObject(completed)
  expect(entry()).toBeUndefined()
  expect(await outcomeOf('profile.change', { name: 'Shop' })).toMatchObject(completed)
  expect(device.appState().find(({ index }) => index[0] === 'setting_pushName')?.value).toMatchObject({
    pushNameSetting: { name: 'Shop' },
  })
})
