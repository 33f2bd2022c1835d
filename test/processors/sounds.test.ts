// What is said of a sound: how long it plays is never believed beyond reason, and its shape is the same however its bytes come.
import { describe, expect, test } from 'vitest'
import { sampleVoice } from '../../simulator/media/sample-media.ts'
import { durationOf } from '../../src/processors/uploads/durations.ts'
import { createWaveform } from '../../src/processors/uploads/waveform.ts'

describe('how long an Ogg file plays', () => {
  const tail = (...granules: readonly bigint[]) =>
    Buffer.concat(
      granules.map(granule => {
        const page = Buffer.alloc(40)
        page.write('OggS', 0, 'latin1')
        page.writeBigInt64LE(granule, 6)
        return page
      }),
    )
  const head = sampleVoice({ seconds: 1 })

  test.each<[string, readonly bigint[], number | null]>([
    ['says its last page, less what is skipped', [48_312n, 144_312n], 3],
    ['says the last page on which a packet ends', [144_312n, -1n, -1n], 3],
    ['is at least a second', [400n], 1],
    ['is not known where no page says it', [-1n], null],
    ['is not believed above 100 hours', [2n ** 62n], null],
    ['is not known without a page', [], null],
  ])('[C13] %s', (_what, granules, seconds) => {
    expect(durationOf('audio/ogg', { head, tail: tail(...granules) })).toBe(seconds)
  })
})

describe('the shape of a sound', () => {
  const heightsOf = (samples: Int16Array, chunkBytes: number) => {
    const shape = createWaveform()
    const bytes = Buffer.from(samples.buffer)
    for (let at = 0; at < bytes.length; at += chunkBytes) shape.take(bytes.subarray(at, at + chunkBytes))
    return { heights: shape.heights(), samples: shape.samples() }
  }
  /** Louder and louder, both ways. */
  const rising = (length: number) =>
    Int16Array.from({ length }, (_, nth) => (nth % 2 === 0 ? 1 : -1) * Math.floor((nth / length) * 30_000))

  test('[C13] is 64 heights up to 100, the same however its bytes come', () => {
    const whole = heightsOf(rising(64_000), 1 << 20)
    expect(whole.samples).toBe(64_000)
    expect(whole.heights).toHaveLength(64)
    expect(whole.heights).toEqual(whole.heights?.toSorted((one, other) => one - other))
    expect([whole.heights?.[0], whole.heights?.[31], whole.heights?.[63]]).toEqual([0, 49, 100])
    expect(heightsOf(rising(64_000), 333)).toEqual(whole)
  })

  test.each([
    ['of a sound of any length', 1_234_567, 4],
    ['of the shortest one', 3, 100],
  ])('[C13] is as even as %s', (_what, length, step) => {
    const { heights = [] } = heightsOf(rising(length), 1 << 20)
    const steps = (heights ?? []).slice(1).map((height, nth) => height - (heights?.[nth] ?? 0))
    expect([heights?.length, Math.max(...steps) <= step, Math.min(...steps) >= 0]).toEqual([64, true, true])
  })

  test('[C13] is flat of silence, and nothing of nothing', () => {
    expect(heightsOf(new Int16Array(8_000), 999).heights).toEqual(Array(64).fill(0))
    expect(heightsOf(new Int16Array(0), 1)).toEqual({ heights: null, samples: 0 })
  })
})
