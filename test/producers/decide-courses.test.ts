// What holds over any course of an instance’s life: one socket at most, none after its end, one retiring for each task, and an end.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { taskOf } from '../../src/instances/instance-ids.ts'
import { beginLife, type Happened, type Life } from '../../src/producers/epoch/life.ts'
import { decided, does, ended, wantedOf, works } from '../ground/producers/lives.ts'

const wishes = fc.record({
  wanted: fc.constantFrom('running', 'logged-out', 'deleted'),
  restartCount: fc.integer({ min: 0, max: 2 }),
  parkedFor: fc.constantFrom(null, 'running/0', 'logged-out/1'),
})
const ends = fc.record({
  statusCode: fc.constantFrom(401, 403, 408, 428, 440, 500, 515),
  message: fc.constantFrom('', 'QR refs attempts ended'),
  own: fc.constantFrom(null, 'requested', 'shutdown', 'sealed', 'fenced', 'log-unavailable'),
  wasLoggedIn: fc.boolean(),
  wasStable: fc.boolean(),
  isEpochOver: fc.boolean(),
})
const happenings: fc.Arbitrary<Happened> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.values(works)) },
  { weight: 3, arbitrary: ends.map(end => ended(end)) },
  { weight: 2, arbitrary: wishes.map(wish => ({ what: 'wished' as const, wanted: wantedOf(wish) })) },
  { weight: 1, arbitrary: fc.constant({ what: 'stopped' as const }) },
)
const course = fc.tuple(wishes, fc.array(happenings, { maxLength: 80 }))
const hasSocket = ({ stage }: Life) => stage.at === 'connected' || stage.at === 'unlinking'

test('[A2] [A7] no course of it opens a second socket, opens one once it is stopped or something else is wanted, or retires twice for one task', () => {
  fc.assert(
    fc.property(course, ([first, all]) => {
      let life = beginLife(wantedOf(first))
      let retired = 0
      for (const happened of all) {
        const before = life
        const { life: after, effects } = decided(before, happened)
        life = after
        if (hasSocket(after) && !hasSocket(before)) {
          expect([before.stage.at, happened.what, before.isStopped, before.isSuperseded]).toEqual([
            'queueing',
            'cleared',
            false,
            false,
          ])
        }
        // The one before it is gone by itself, or is destroyed with its epoch.
        if (hasSocket(before) && after.stage !== before.stage)
          expect(happened.what === 'ended' || happened.what === 'unlinked' || does(effects).includes('release')).toBe(true)
        if (before.stage.at === 'taking' && after.stage.at === 'taking' && after.stage !== before.stage)
          expect(does(effects)).toContain('release')
        if (taskOf(after.wanted) !== taskOf(before.wanted)) retired = 0
        if (before.stage.at === 'retiring' && happened.what === 'retired' && taskOf(before.stage.wanted) === taskOf(after.wanted))
          retired += 1
        expect(retired).toBeLessThanOrEqual(1)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('[A2] from wherever it is, it ends once it is stopped: after two more things that its work can come to', () => {
  const outcomes = (life: Life) => Object.values(works).filter(one => decided(life, one).life !== life)
  fc.assert(
    fc.property(course, fc.nat(), ([first, all], pick) => {
      let life = all.reduce((one, happened) => decided(one, happened).life, beginLife(wantedOf(first)))
      life = decided(life, { what: 'stopped' }).life
      for (let steps = 0; steps < 2 && life.stage.at !== 'over'; steps += 1) {
        const possible = outcomes(life)
        expect(possible).not.toEqual([])
        life = decided(life, possible[pick % possible.length] ?? works.failed).life
      }
      expect(life.stage.at).toBe('over')
    }),
    { numRuns: 2_000 },
  )
})
