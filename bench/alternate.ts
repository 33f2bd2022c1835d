// Both sides of a bench in turns, several times in a run, so that a noisy minute hits both of them.
import type { Measured } from './measure.ts'
import type { Statements } from './statements.ts'
import { createMeter } from './usage.ts'

type Turns = {
  /** Operations of a run, shared out evenly over its slices. */
  n: number
  /** Of the bare side [as many]. */
  bareN?: number
  /** [4] */
  slices?: number
  statements: Statements | null
  /** Before each slice of ours, and of bare: what neither takes time nor is counted. */
  before?(n: number): Promise<unknown>
  between?(n: number): Promise<unknown>
  /** Does so many; answers the seconds that they took. */
  ours(n: number): Promise<number>
  /** After each slice of ours: resolves when all is done that it caused, which takes no time and does cost CPU. */
  settled?(): Promise<unknown>
  bare(n: number): Promise<number>
}
type Rates = Omit<Measured, 'unit' | 'more'>

/** Operations per second of both sides. */
export async function alternate(turns: Turns): Promise<Rates> {
  const { n, bareN = n, slices = 4, statements } = turns
  const meter = createMeter(statements)
  const took = { ours: 0, bare: 0 }
  const ratios: number[] = []
  for (let slice = 0; slice < slices; slice++) {
    const [share, bareShare] = [shareOf(n, slices, slice), shareOf(bareN, slices, slice)]
    await turns.before?.(share)
    const seconds = await meter.during('ours', async () => {
      const answered = await turns.ours(share)
      await turns.settled?.()
      return answered
    })
    await turns.between?.(bareShare)
    const bareSeconds = await meter.during('bare', () => turns.bare(bareShare))
    took.ours += seconds
    took.bare += bareSeconds
    ratios.push(share / seconds / (bareShare / bareSeconds))
  }
  return { value: n / took.ours, bare: bareN / took.bare, n, seconds: took.ours, ratios, usage: meter.usage(n, bareN) }
}

/** Whole operations, that add up. */
const shareOf = (n: number, slices: number, slice: number): number =>
  Math.floor((n * (slice + 1)) / slices) - Math.floor((n * slice) / slices)
