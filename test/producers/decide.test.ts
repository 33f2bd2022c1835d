// An instance’s life, decided: every stage with everything that can happen.
import { expect, test } from 'vitest'
import { taskOf } from '../../src/instances/instance-ids.ts'
import { readSettings } from '../../src/instances/instance-settings.ts'
import { beginLife, goodbyeOf, type Stage } from '../../src/producers/epoch/life.ts'
import { decided, does, ended, error, leaving, lifeAt, stages, wantedOf, works } from '../ground/producers/lives.ts'

/** What work may come to at each stage, and where that leads a life that nobody calls away. All else changes nothing. */
const leadsTo: { readonly [At in Stage['at']]: { readonly [What in keyof typeof works]?: Stage['at'] } } = {
  parked: { failed: 'taking' },
  taking: { taken: 'probing', 'not-taken': 'refused', failed: 'taking' },
  refused: { waited: 'taking', failed: 'taking' },
  probing: { told: 'queueing', 'not-told': 'log-away', failed: 'taking' },
  'log-away': { waited: 'taking', failed: 'taking' },
  resting: { failed: 'taking' },
  queueing: { cleared: 'connected', failed: 'taking' },
  connected: { ended: 'concluding', failed: 'taking' },
  concluding: { concluded: 'taking', failed: 'taking' },
  unlinking: { unlinked: 'retiring', failed: 'taking' },
  retiring: { retired: 'parked', failed: 'taking' },
  over: {},
}
const pairs = Object.values(stages).flatMap(stage =>
  Object.values(works).map(happened => ({ at: stage.at, what: happened.what, stage, happened })),
)

test.each(pairs)('[A1] [A2] at $at, $what', ({ stage, happened }) => {
  const before = lifeAt(stage)
  const { life, effects } = decided(before, happened)
  const next = leadsTo[stage.at][happened.what]
  expect(life.stage.at).toBe(next ?? stage.at)
  if (next === undefined) expect({ life, effects }).toEqual({ life: before, effects: [] })
})

test.each(Object.values(stages))(
  '[A2] at $at, the same wish with other settings keeps the work in hand; only a session hears of it',
  stage => {
    const settings = readSettings({ markOnline: true })
    const { life, effects } = decided(lifeAt(stage), { what: 'wished', wanted: wantedOf({ settings }) })
    expect(life.stage).toEqual(stage)
    if (stage.at === 'over') return expect(effects).toEqual([])
    expect(life.wanted.settings).toEqual(settings)
    expect(does(effects)).toEqual(['follow-settings'])
  },
)

test.each(Object.values(stages))(
  '[A2] at $at, another task calls the work in hand away, and what the old one had come to is forgotten',
  stage => {
    const worn = { failures: 3, qrRounds: 1, isResting: true, farewell: 'done', outages: 2 }
    const { life, effects } = decided(lifeAt(stage, worn), { what: 'wished', wanted: leaving })
    if (stage.at === 'over') return expect(effects).toEqual([])
    expect(life).toMatchObject({
      stage,
      isSuperseded: true,
      failures: 0,
      qrRounds: 0,
      isResting: false,
      farewell: null,
      outages: 2,
    })
    expect(does(effects)).toEqual(['follow-settings', 'forget-trouble', 'owe', 'call-away'])
  },
)

test.each(Object.values(stages))('[A2] at $at, a stop ends the work in hand once, whoever asks again', stage => {
  const { life, effects } = decided(lifeAt(stage), { what: 'stopped' })
  expect(life.stage).toEqual(stage)
  expect(does(effects)).toEqual(stage.at === 'over' ? [] : ['stop'])
  expect(decided(life, { what: 'stopped' })).toEqual({ life, effects: [] })
})

const givenUp = pairs.filter(({ at, what }) => what === 'called-away' && at !== 'over')
test.each(givenUp)(
  '[A2] at $at, being called away leads to the new task only where the work can be given up',
  ({ stage, happened }) => {
    const { life } = decided(lifeAt(stage, { wanted: leaving, isSuperseded: true }), happened)
    const whole = ['taking', 'connected', 'concluding', 'unlinking', 'retiring']
    expect(life.stage).toEqual(whole.includes(stage.at) ? stage : { at: 'taking', attempt: 1 })
  },
)

test('[A2] what is parked for its task holds nothing, and takes no epoch', () => {
  expect(beginLife(wantedOf({ parkedFor: 'running/0' })).stage).toEqual({ at: 'parked' })
  expect(beginLife(wantedOf({ parkedFor: 'running/0', restartCount: 1 })).stage).toEqual({ at: 'taking', attempt: 1 })
})

test('[A2] a row that was read before it parked does not wake it', () => {
  const parked = beginLife(wantedOf({ parkedFor: 'running/0' }))
  const { life } = decided(parked, { what: 'wished', wanted: wantedOf({ parkedFor: null }) })
  expect(life.wanted.parkedFor).toBe('running/0')
})

test('[A2] what WhatsApp ends for good parks it for its task, what the network ends does not', () => {
  const banned = decided(lifeAt(stages.connected), ended({ statusCode: 403 }))
  expect(banned.life.stage).toEqual({ at: 'concluding', isClean: false, isParked: true })
  expect(decided(banned.life, { what: 'concluded' }).life).toMatchObject({
    stage: { at: 'parked' },
    wanted: { parkedFor: 'running/0' },
  })
  expect(decided(lifeAt(stages.connected), ended({ statusCode: 428 })).life.stage).toMatchObject({ isParked: false })
})

test('[A2] another wish in the middle of parking is done next', () => {
  const parking = lifeAt({ at: 'concluding', isClean: false, isParked: true })
  const { life } = decided(parking, { what: 'wished', wanted: wantedOf({ restartCount: 1 }) })
  expect(decided(life, { what: 'concluded' }).life.stage).toEqual({ at: 'taking', attempt: 1 })
})

test('[A2] codes that nobody scans are renewed for as many rounds as there are, and a login begins them anew', () => {
  const ranOut = { statusCode: 408, message: 'QR refs attempts ended' }
  const first = decided(lifeAt(stages.connected), ended(ranOut)).life
  expect(first).toMatchObject({ qrRounds: 1, stage: { isParked: false } })
  expect(decided({ ...first, stage: stages.connected }, ended(ranOut)).life.stage).toMatchObject({ isParked: true })
  expect(decided({ ...first, stage: stages.connected }, ended({ wasLoggedIn: true })).life.qrRounds).toBe(0)
})

test('[A2] connects that fail wait longer and longer, one that stayed begins that anew, and other ends wait not at all', () => {
  const worn = lifeAt(stages.connected, { failures: 4 })
  expect(decided(worn, ended({})).life.failures).toBe(5)
  expect(decided(worn, ended({ wasStable: true })).life.failures).toBe(1)
  expect(decided(worn, ended({ statusCode: 515 })).life.failures).toBe(0)
})

test('[B2] while the log is away each probe is an epoch of its own, and WhatsApp is asked no more slowly for it', () => {
  const { life, effects } = decided(lifeAt(stages.probing), works['not-told'])
  expect(life).toMatchObject({ stage: { at: 'log-away' }, outages: 1, failures: 0 })
  expect(effects).toMatchObject([{ do: 'complain', ended: { reason: 'log-unavailable', failure: error } }])
  const again = decided(life, { what: 'waited' })
  expect(again.life.stage).toEqual({ at: 'taking', attempt: 1 })
  expect(does(again.effects)).toEqual(['release'])
  expect(decided({ ...again.life, stage: stages.probing }, { what: 'told' }).life.outages).toBe(0)
})

test('[A2] credentials that do not open with this key are left alone until a person or a new process comes', () => {
  const sealed = decided(lifeAt(stages.connected), ended({ own: 'sealed', statusCode: 0, isEpochOver: true })).life
  expect(sealed).toMatchObject({ stage: { at: 'taking' }, isResting: true })
  const resting = decided({ ...sealed, stage: stages.probing }, { what: 'told' }).life
  expect(resting.stage).toEqual({ at: 'resting' })
  const restarted = decided(resting, { what: 'wished', wanted: wantedOf({ restartCount: 1 }) }).life
  expect(decided(restarted, { what: 'called-away' }).life).toMatchObject({ stage: { at: 'taking' }, isResting: false })
})

test('[A7] a log-out without a session unlinks the device first, once, whatever the retiring after it needs', () => {
  const { life } = decided(lifeAt(stages.taking, { wanted: leaving, task: taskOf(leaving) }), { what: 'taken' })
  expect(life.stage).toEqual({ at: 'queueing' })
  const unlinking = decided(life, { what: 'cleared' }).life
  const retiring = decided(unlinking, { what: 'unlinked', farewell: 'Remove it on the phone.' }).life
  expect(retiring.stage).toEqual({ at: 'retiring', wanted: leaving, reasonText: 'Remove it on the phone.' })
  const failed = decided(retiring, works.failed).life
  expect(decided({ ...failed, stage: stages.queueing }, { what: 'cleared' }).life.stage).toEqual(retiring.stage)
})

test('[A7] an open session says a log-out to WhatsApp itself, and only where it is logged in and goes on', () => {
  expect(goodbyeOf(lifeAt(stages.connected, { wanted: leaving }), true)).toBe('log-out')
  expect(goodbyeOf(lifeAt(stages.connected, { wanted: leaving }), false)).toBe('close')
  expect(goodbyeOf(lifeAt(stages.connected, { wanted: leaving, isStopped: true }), true)).toBe('close')
  expect(goodbyeOf(lifeAt(stages.connected), true)).toBe('close')
})

test('[A7] what the phone removes is retired with WhatsApp’s reason, what an operator ends with his', () => {
  const removed = decided(lifeAt(stages.connected), ended({ statusCode: 401 })).life
  expect(removed.stage).toMatchObject({ at: 'retiring', reasonText: expect.stringContaining('The phone removed this device') })
  const asked = decided(lifeAt(stages.connected, { wanted: leaving }), ended({ statusCode: 401 })).life
  expect(asked.stage).toMatchObject({ at: 'retiring', reasonText: 'Asked for by an operator.' })
})

test('[B2] an end that leaves nothing to append with is told in the next epoch; one in peace is told and noted as clean', () => {
  const cut = decided(lifeAt(stages.connected), ended({ own: 'log-unavailable', isEpochOver: true, failure: error }))
  expect(does(cut.effects)).toEqual(['count-close', 'complain', 'owe', 'release'])
  expect(cut.life.stage).toEqual({ at: 'taking', attempt: 1 })
  const peaceful = decided(lifeAt(stages.connected, { isStopped: true }), ended({ own: 'shutdown' }))
  expect(peaceful.life.stage).toEqual({ at: 'concluding', isClean: true, isParked: false })
  expect(decided(peaceful.life, { what: 'concluded' }).life.stage).toEqual({ at: 'over' })
})
