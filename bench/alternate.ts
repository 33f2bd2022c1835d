// Both sides of a bench in turns, several times in a run, so that a noisy minute hits both of them.
import type { Measured } from './measure.ts'
import type { Statements } from './statements.ts'
import { createMeter } from './usage.ts'

type Turns = {
  /** Operations of a run, shared out evenly over its slices. */
  n: number
  /** Of the bare side [as many]. */
  bareN?: number
  slices?: number
  statements: Statements | null
  /** Does so many; answers the seconds that they took. */
  ours(n: number): Promise<number>
  /** After each slice of ours: resolves when all is done that it caused, which takes no time and does cost CPU. */
  settled?(): Promise<unknown>
  bare(n: number): Promise<number>
}
type Rates = Omit<Measured, 'unit' | 'more'>

const SLICES = 4

/** Operations per second of both sides. */
export async function alternate(turns: Turns): Promise<Rates> {
  const { n, bareN = n, slices = SLICES, statements, settled } = turns
  const meter = createMeter(statements)
  const took = { ours: 0, bare: 0 }
  const ratios: number[] = []
  for (const [share, bareShare] of sharesOf(n, bareN, slices)) {
    const seconds = await meter.during('ours', async () => {
      const answered = await turns.ours(share)
      await settled?.()
      return answered
    })
    const bareSeconds = await meter.during('bare', () => turns.bare(bareShare))
    took.ours += seconds
    took.bare += bareSeconds
    ratios.push(share / seconds / (bareShare / bareSeconds))
  }
  return { value: n / took.ours, bare: bareN / took.bare, n, seconds: took.ours, ratios, usage: meter.usage(n, bareN) }
}

/** Whole operations, that add up. */
const sharesOf = (n: number, bareN: number, slices: number): readonly (readonly [number, number])[] =>
  Array.from({ length: slices }, (_, slice) => [share(n, slices, slice), share(bareN, slices, slice)] as const)

const share = (n: number, slices: number, slice: number): number =>
  Math.floor((n * (slice + 1)) / slices) - Math.floor((n * slice) / slices)
