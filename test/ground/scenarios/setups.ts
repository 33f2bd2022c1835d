// The two setups every scenario stands on: all parts embedded, and all parts external. Which of them run is the run's speed.
import { describe, expect, inject } from 'vitest'
import { askDesk } from '../ask-desk.ts'
import { runsHere } from '../runs-here.ts'
import { embeddedGround } from './embedded-ground.ts'
import { type ExternalOptions, openExternalGround } from './external-ground.ts'
import type { Ground } from './ground.ts'
import { openStage, type Stage, type StageOptions } from './stage.ts'

export type Setup = {
  name: 'embedded parts' | 'external parts'
  openStage(options?: Omit<StageOptions, 'ground'> & Partial<ExternalOptions>): Promise<Stage>
}

export const embedded: Setup = {
  name: 'embedded parts',
  openStage: ({ ownLog: _, prepareStore = null, ...options } = {}) =>
    openStage({ ...options, ground: async dataDir => embeddedGround(dataDir, prepareStore) }),
}

export const external: Setup = {
  name: 'external parts',
  openStage: ({ ownLog = false, prepareStore = null, ...options } = {}) =>
    openStage({ ...options, ground: () => openSharedGround({ ownLog, prepareStore }) }),
}

/** On the run's shared parts. */
export const openSharedGround = async (options: ExternalOptions): Promise<Ground> =>
  openExternalGround(JSON.parse(await askDesk('parts')), options)

/** Those of `*.both.test.ts` are shared out over the two runs; `*.real.test.ts` has all of its own in one. */
function setupsOfThisRun(speed: 'fast' | 'real', testPath: string): readonly Setup[] {
  if (speed === 'fast') return [embedded]
  return testPath.endsWith('.both.test.ts') ? [external] : [embedded, external]
}

const ofThisRun = setupsOfThisRun(inject('speed'), expect.getState().testPath ?? '')
const missing = ofThisRun.includes(external) && !(await runsHere('kafka', 'registry', 's3')) ? external : null

type Scenarios = (setup: Setup) => void

/** On those of `setups` that are this run's. Where the external parts cannot run they are skipped, and the run says why at its end. */
export function onEachSetup(scenarios: Scenarios, setups: readonly Setup[] = [embedded, external]): void {
  for (const setup of setups.filter(one => ofThisRun.includes(one)))
    describe.skipIf(setup === missing)(`on ${setup.name}`, () => scenarios(setup))
}

/** All scenarios of all setups at once: for those that mostly wait, each on a stage of its own. */
export function sideBySide(scenarios: Scenarios, setups?: readonly Setup[]): void {
  describe.concurrent('side by side', () => onEachSetup(scenarios, setups))
}
