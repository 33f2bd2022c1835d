// What the page says of zaplog, after each answer to any of those who ask it.
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../console/src/call-api.ts'
import { afterOutcome, here, type Reach, type Told, withoutAsker } from '../../console/src/reach-state.ts'

const away: Failure = { kind: 'away' }
const refused = (status: number, detail = ''): Failure => ({ kind: 'refused', status, slug: '', detail, retryAfterSeconds: null })
const answer = { kind: 'answer' } as const
type Answered = readonly [asker: string, outcome: Told]
const walk = (...told: readonly Answered[]): Reach =>
  told.reduce((reach, [asker, outcome]) => afterOutcome(reach, asker, outcome), here)
const said = ({ isAway, unwell }: Reach) => (isAway ? 'away' : (unwell[0]?.detail ?? 'here'))

describe('zaplog, for who looks at a page,', () => {
  test.each<[string, readonly Answered[], string]>([
    ['is here when it answers', [['list', answer]], 'here'],
    ['is here when it refuses what was asked', [['list', refused(409, 'no')]], 'here'],
    ['is away when nobody answers', [['list', away]], 'away'],
    [
      'is here again when anybody is answered',
      [
        ['list', away],
        ['page', answer],
      ],
      'here',
    ],
    ['cannot work where it says so', [['list', refused(503, 'why')]], 'why'],
    [
      'still cannot when an answer to something else needs less',
      [
        ['list', refused(503, 'why')],
        ['page', answer],
      ],
      'why',
    ],
    [
      'still cannot when it was away in between',
      [
        ['list', refused(503, 'why')],
        ['page', away],
        ['page', answer],
      ],
      'why',
    ],
    [
      'can when what could not be done is done',
      [
        ['list', refused(503, 'why')],
        ['list', { kind: 'listed' }],
      ],
      'here',
    ],
    [
      'cannot for another reason where that is said',
      [
        ['list', refused(503, 'why')],
        ['list', refused(500, 'other')],
      ],
      'other',
    ],
    [
      'says one reason where there are two',
      [
        ['list', refused(503, 'a')],
        ['code', refused(503, 'b')],
        ['list', refused(503, 'a')],
      ],
      'a',
    ],
  ])('[J2] %s', (_, told, then) => {
    expect(said(walk(...told))).toBe(then)
  })

  test('[J2] is not said anew for what is as it was', () => {
    const before = walk(['list', refused(503, 'why')], ['page', answer])
    expect(afterOutcome(before, 'list', refused(503, 'why'))).toBe(before)
    expect(afterOutcome(here, 'page', answer)).toBe(here)
  })

  test('[J2] is no more what somebody was told who asks no more', () => {
    expect(said(withoutAsker(walk(['list', refused(503, 'why')]), 'list'))).toBe('here')
  })
})
