// A tally that nobody writes down, for parts that count into one.
import { createTally, type Tally } from '../../../src/producers/epoch/tally.ts'

export const aTally = (of: { instanceId: string; epoch: number } = { instanceId: 'first', epoch: 1 }): Tally =>
  createTally({ clock: Date.now, count: () => undefined }, of)
