import type { KeptLane } from './lane.ts'
export const externalLane: KeptLane = { name: 'external' } as never
