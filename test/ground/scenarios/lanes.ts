// The two lanes every scenario runs on: all parts embedded, and all parts external.
import { describe, inject } from 'vitest'
import { embeddedGround } from './embedded-ground.ts'
import { type ExternalOptions, openExternalGround } from './external-ground.ts'
import type { Ground } from './ground.ts'
import { openStage, type Stage, type StageOptions } from './stage.ts'

export type Lane = {
  name: 'embedded parts' | 'external parts'
  openStage(options?: Omit<StageOptions, 'ground'> & Partial<ExternalOptions>): Promise<Stage>
}

export const embedded: Lane = {
  name: 'embedded parts',
  openStage: ({ ownLog: _, prepareStore = null, ...options } = {}) =>
    openStage({ ...options, ground: async dataDir => embeddedGround(dataDir, prepareStore) }),
}

export const external: Lane = {
  name: 'external parts',
  openStage: ({ ownLog = false, prepareStore = null, ...options } = {}) =>
    openStage({ ...options, ground: () => openSharedGround({ ownLog, prepareStore }) }),
}

/** On the run's shared parts. */
export const openSharedGround = async (options: ExternalOptions): Promise<Ground> =>
  openExternalGround(JSON.parse(await ask('partsDesk')), options)

/** Where the external parts cannot run: skipped with a line that says why, on CI a failure. */
const runs: Readonly<Record<Lane['name'], boolean>> = {
  'embedded parts': true,
  'external parts': (await ask('partsRunHereDesk')) === 'yes',
}

export function onEachLane(scenarios: (lane: Lane) => void, lanes: readonly Lane[] = [embedded, external]): void {
  for (const lane of lanes) describe.runIf(runs[lane.name])(`on ${lane.name}`, () => scenarios(lane))
}

async function ask(desk: 'partsDesk' | 'partsRunHereDesk'): Promise<string> {
  const answer = await fetch(inject(desk))
  const text = await answer.text()
  if (!answer.ok) throw new Error(`asking the test run, ${desk}: ${text}`)
  return text
}
