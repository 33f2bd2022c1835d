// What is shown in place of the code, after each answer of the QR call.
import { create } from 'qrcode'
import { describe, expect, test } from 'vitest'
import type { Failure, Outcome } from '../../console/src/call-api.ts'
import { QUIET_ZONE, qrPath } from '../../console/src/qr-path.ts'
import { afterQrAnswer, afterRestartAnswer, type QrState } from '../../console/src/qr-state.ts'

const code = (qr: string): Outcome => ({ kind: 'answer', body: { qr, expiresAt: '2026-01-05T12:00:20.000Z' } })
const refused = (slug: string): Outcome => ({ kind: 'refused', status: 409, slug, detail: '', retryAfterSeconds: null })
const unavailable: Failure = { kind: 'refused', status: 503, slug: 'unavailable', detail: 'later', retryAfterSeconds: 5 }
const away: Failure = { kind: 'away' }
const unpaired = { state: 'qr', stateAt: '1' }
const closed = { state: 'closed', stateAt: '2' }
const waiting: QrState = { name: 'waiting' }
const showing: QrState = { name: 'showing', qr: 'a', isStale: false }

describe('the code on the page', () => {
  test.each<[string, QrState, Outcome, { state: string; stateAt: string }, QrState]>([
    ['comes', waiting, code('a'), unpaired, showing],
    ['is replaced by the next one', showing, code('b'), unpaired, { name: 'showing', qr: 'b', isStale: false }],
    ['goes when it is over', showing, refused('no-qr-pending'), unpaired, waiting],
    ['goes when a phone has scanned it', showing, refused('already-paired'), unpaired, { name: 'paired' }],
    ['may be over while zaplog is away', showing, away, unpaired, { name: 'showing', qr: 'a', isStale: true }],
    ['is good again when zaplog says so', { ...showing, isStale: true }, code('a'), unpaired, showing],
    ['does not come by itself any more', waiting, refused('no-qr-pending'), closed, { name: 'parked', failure: null }],
    ['is waited for while zaplog is away', waiting, away, unpaired, waiting],
    ['may be over while zaplog cannot work', showing, unavailable, unpaired, { name: 'showing', qr: 'a', isStale: true }],
    ['may be over once the instance is gone', showing, refused('instance-not-found'), unpaired, { ...showing, isStale: true }],
  ])('[A1] [J1] %s', (_, before, outcome, instance, then) => {
    expect(afterQrAnswer(before, outcome, instance)).toEqual(then)
  })

  test('[A1] [J1] after it was asked for, the instance that still is as it was is no reason to ask again', () => {
    const restarting: QrState = { name: 'restarting', stateAt: '2' }
    expect(afterQrAnswer(restarting, refused('no-qr-pending'), closed)).toBe(restarting)
    expect(afterQrAnswer(restarting, refused('no-qr-pending'), { ...closed, stateAt: '3' })).toEqual({
      name: 'parked',
      failure: null,
    })
    expect(afterQrAnswer(restarting, code('a'), closed)).toEqual(showing)
  })

  test.each([
    ['is refused', unavailable],
    ['is not answered', away],
  ] as const)('[A1] [J1] may be asked for again where asking for it %s, and why is said until it comes', (_, failure) => {
    const parked = afterRestartAnswer({ name: 'restarting', stateAt: '2' }, failure)
    expect(parked).toEqual({ name: 'parked', failure })
    expect(afterQrAnswer(parked, refused('no-qr-pending'), closed)).toEqual(parked)
    expect(afterQrAnswer(parked, refused('no-qr-pending'), unpaired)).toEqual(waiting)
  })

  test('[A1] [J1] whatever became of asking for it changes nothing once more is known', () => {
    expect(afterRestartAnswer(showing, unavailable)).toBe(showing)
    const restarting: QrState = { name: 'restarting', stateAt: '2' }
    expect(afterRestartAnswer(restarting, { kind: 'answer', body: {} })).toBe(restarting)
  })

  test('[J1] is drawn module by module, with a quiet zone all around', () => {
    const text = '2@AbCdEf0123456789'.repeat(10)
    const { modules } = create(text, { errorCorrectionLevel: 'L' })
    const { size, path } = qrPath(text)
    expect(size).toBe(modules.size + 8)
    const dark = new Set([...path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${x} ${y}`))
    for (let row = 0; row < modules.size; row++)
      for (let column = 0; column < modules.size; column++)
        expect([row, column, dark.has(`${column + QUIET_ZONE} ${row + QUIET_ZONE}`)]).toEqual([
          row,
          column,
          modules.get(row, column) === 1,
        ])
    expect(dark.size).toBe(modules.data.reduce((sum: number, one: number) => sum + one, 0))
  })
})
