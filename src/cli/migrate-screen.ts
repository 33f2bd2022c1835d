// How far a move is: a bar on a terminal, a line now and then elsewhere, a JSON line on stdout for programs.
import type { Progress, Told } from '../main/move/move.ts'
import { planLine } from './migrate-outcome.ts'
import { jsonLine } from './print-json.ts'
import { say } from './say.ts'
import { plainText } from './text-table.ts'

const BAR_EVERY_MS = 200
const LINE_EVERY_MS = 5_000
const JSON_EVERY_MS = 500
const WIDTH = 24

export type MigrateScreen = Told & { end(): void }

export function createMigrateScreen({ isTerminal, asJson }: { isTerminal: boolean; asJson: boolean }): MigrateScreen {
  const everyMs = asJson ? JSON_EVERY_MS : isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS
  const state = { step: '', beganAt: 0, saidAt: 0, from: 0, isBarThere: false }
  const over = () => {
    if (state.isBarThere) process.stderr.write('\n')
    state.isBarThere = false
  }

  function progressed(progress: Progress) {
    const now = performance.now()
    if (state.step !== progress.step) {
      over()
      Object.assign(state, { step: progress.step, beganAt: now, saidAt: 0, from: progress.done })
    }
    const isOver = progress.done >= progress.of
    if (now - state.saidAt < everyMs && !isOver && state.saidAt > 0) return
    state.saidAt = now
    const pace = { elapsedMs: now - state.beganAt, from: state.from }
    if (asJson) process.stdout.write(jsonLine({ event: 'progressed', ...progress, secondsLeft: secondsLeft(progress, pace) }))
    else if (isTerminal) {
      process.stderr.write(`\r\u001b[2K${progressLine(progress, pace)}`)
      state.isBarThere = true
    } else say(progressLine(progress, pace))
  }

  return {
    planned: plan => {
      if (asJson) process.stdout.write(jsonLine({ event: 'planned', ...planLine(plan) }))
      else for (const doubt of plan.doubts) say(`note: ${plainText(doubt)}`)
    },
    progressed,
    waiting: why => {
      over()
      say(`waiting: ${plainText(why)}`)
    },
    end: over,
  }
}

/** `from`: what was done when it began. */
type Pace = { elapsedMs: number; from: number }

/** Pure. */
export function progressLine(progress: Progress, pace: Pace): string {
  const { step, done, of } = progress
  const share = of === 0 ? 1 : Math.min(1, done / of)
  const filled = Math.round(share * WIDTH)
  const left = secondsLeft(progress, pace)
  return [
    `${step === 'copy' ? 'copying  ' : 'comparing'} [${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}]`,
    `${Math.floor(share * 100)} % of ${of.toLocaleString('en')}`,
    ...(left === null || done >= of ? [] : [`${left.toLocaleString('en')} s left`]),
  ].join(' ')
}

/** null: not known yet. */
export function secondsLeft({ done, of }: Progress, { elapsedMs, from }: Pace): number | null {
  if (done >= of) return 0
  if (done <= from || elapsedMs < 1) return null
  return Math.ceil(((of - done) * elapsedMs) / (done - from) / 1_000)
}
