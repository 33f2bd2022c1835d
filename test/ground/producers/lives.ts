// Lives of an instance at every stage, for tests of what is decided of them, and everything that their work may come to.
import type { Wanted } from '../../../src/instances/instance-ids.ts'
import { readSettings } from '../../../src/instances/instance-settings.ts'
import { decide } from '../../../src/producers/epoch/decide.ts'
import {
  beginLife,
  type Effect,
  type Happened,
  type Life,
  type SessionEnd,
  type Stage,
} from '../../../src/producers/epoch/life.ts'

const policy = { qrRounds: 2 }

export const wantedOf = (of: Partial<Wanted> = {}): Wanted => ({
  ...{ instanceId: 'first', requestId: 'r', wanted: 'running', restartCount: 0, parkedFor: null, purged: false },
  settings: readSettings({}),
  ...of,
})

const sessionEnd = (of: Partial<SessionEnd> = {}): SessionEnd => ({
  ...{ statusCode: 428, message: '', own: null, details: {}, failure: null },
  ...{ wasLoggedIn: false, wasStable: false, isEpochOver: false },
  ...of,
})

export const lifeAt = (stage: Stage, of: Partial<Life> = {}): Life => ({ ...beginLife(of.wanted ?? wantedOf()), ...of, stage })

export const decided = (life: Life, happened: Happened) => decide(life, happened, policy)

export const ended = (of: Partial<SessionEnd>): Happened => ({ what: 'ended', session: sessionEnd(of) })

export const does = (effects: readonly Effect[]) => effects.map(effect => effect.do)

export const leaving = wantedOf({ wanted: 'logged-out' })

export const error = new Error('away')

export const stages: { readonly [At in Stage['at']]: Extract<Stage, { at: At }> } = {
  parked: { at: 'parked' },
  taking: { at: 'taking', attempt: 1 },
  refused: { at: 'refused', attempt: 1, error },
  probing: { at: 'probing' },
  'log-away': { at: 'log-away', error },
  resting: { at: 'resting' },
  queueing: { at: 'queueing' },
  connected: { at: 'connected' },
  concluding: { at: 'concluding', isClean: false, isParked: false },
  unlinking: { at: 'unlinking' },
  retiring: { at: 'retiring', wanted: wantedOf(), reasonText: 'removed' },
  over: { at: 'over' },
}

export const works: { readonly [What in Exclude<Happened['what'], 'wished' | 'stopped'>]: Extract<Happened, { what: What }> } = {
  'called-away': { what: 'called-away' },
  taken: { what: 'taken' },
  'not-taken': { what: 'not-taken', error },
  waited: { what: 'waited' },
  told: { what: 'told' },
  'not-told': { what: 'not-told', error, failure: error },
  cleared: { what: 'cleared' },
  ended: { what: 'ended', session: sessionEnd() },
  concluded: { what: 'concluded' },
  unlinked: { what: 'unlinked', farewell: 'done' },
  retired: { what: 'retired' },
  failed: { what: 'failed', error },
}
